package rules

import (
	"context"
	"regexp"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/validate"
)

var fetchesMetadata = regexp.MustCompile(`\b(curl|wget)\b[^|;&]*\bmetadata\b`)

// evalMetadata finds scripts that run what the metadata server answers: every
// parameter of the user's becomes a command.
func evalMetadata() validate.Rule {
	return validate.NewRule("eval-metadata", validate.Warning, "A script runs metadata as commands",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, s := range scripts(p) {
				eachCall(s.file, func(call *syntax.CallExpr) {
					words := callWords(call)
					if len(words) > 0 && words[0] == "eval" && fetchesMetadata.MatchString(s.text[call.Pos().Offset():call.End().Offset()]) {
						r.At(s.pos(call), "eval runs what the metadata server answers: a parameter with ; or $( ) becomes a command").
							In(s.role).WithFix("read the value into a variable, or write it by a template")
					}
				})
			}
			return nil
		})
}
