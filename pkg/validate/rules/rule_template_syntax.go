package rules

import (
	"context"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// templateSyntax finds templates that do not parse, and calls of functions
// that do not exist.
func templateSyntax() validate.Rule {
	return validate.NewRule("template-syntax", validate.Error, "A template does not parse",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.ParseErr != nil {
					r.Fault(diag.Pos{File: pair.TemplateName(), Line: 1}, pair.ParseErr)
				}
			}
			return nil
		})
}
