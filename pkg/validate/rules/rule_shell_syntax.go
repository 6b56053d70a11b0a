package rules

import (
	"context"
	"errors"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/validate"
)

// shellSyntax finds scripts that a shell does not take: files of the
// repository, and what templates become.
func shellSyntax() validate.Rule {
	return validate.NewRule("shell-syntax", validate.Error, "A script does not parse",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, s := range scripts(p) {
				var pe syntax.ParseError
				if s.what != "script" && s.what != "rendered script" || !errors.As(s.err, &pe) || pe.Incomplete && s.text == "" {
					continue
				}
				f := r.At(s.at(int(pe.Pos.Offset())), "the %s does not parse: %s", s.what, pe.Text).In(s.role)
				if !s.sure {
					f.As(validate.Warning)
				}
			}
			return nil
		})
}
