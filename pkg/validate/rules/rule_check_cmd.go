package rules

import (
	"context"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

// checkCmd finds check commands that do not look at the staged file.
func checkCmd() validate.Rule {
	return validate.NewRule("check-cmd-without-src", validate.Warning, "A check_cmd does not look at the new file",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range read(p.Pairs()) {
				if c := pair.Resource.CheckCmd; c != "" && !strings.Contains(c, ".src") && templateFault(c) == "" {
					r.At(pair.Resource.Pos("check_cmd"), "check_cmd does not use {{.src}}: it checks the old file, before the new one takes its place").
						WithFix("name the staged file in it as {{.src}}")
				}
			}
			return nil
		})
}
