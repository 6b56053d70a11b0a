package rules

import (
	"context"
	"regexp"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// noFunction is what Go says of a function that does not exist.
var noFunction = regexp.MustCompile(`^function "(\w+)" not defined$`)

// templateSyntax finds templates that do not parse, and calls of functions
// that do not exist.
func templateSyntax() validate.Rule {
	return validate.NewRule("template-syntax", validate.Error, "A template does not parse",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.ParseErr != nil {
					f := r.Fault(diag.Pos{File: pair.TemplateName(), Line: 1}, pair.ParseErr)
					if m := noFunction.FindStringSubmatch(f.Message); m != nil {
						f.DidYouMean(m[1], confd.FuncNames())
					}
				}
			}
			return nil
		})
}
