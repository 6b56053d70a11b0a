package rules

import (
	"context"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// tomlSyntax finds resources that confd cannot read. With one of them, confd
// -onetime processes no resource at all.
func tomlSyntax() validate.Rule {
	return validate.NewRule("toml-syntax", validate.Error, "A template resource cannot be read",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.Err != nil {
					r.Fault(diag.Pos{File: pair.File, Line: 1}, pair.Err)
				}
			}
			return nil
		})
}
