package rules

import (
	"context"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

// pathCase finds programs whose path differs from that of other commands by
// upper and lower case alone.
func pathCase() validate.Rule {
	return validate.NewRule("path-case-mismatch", validate.Warning, "Two commands write the path of a program differently",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			all := programs(p)
			uses := map[string]int{}
			for _, prog := range all {
				uses[prog.path]++
			}
			for _, prog := range all {
				for other, n := range uses {
					if other != prog.path && strings.EqualFold(other, prog.path) && (n > uses[prog.path] || inImage(p, other) && !inImage(p, prog.path)) {
						r.At(prog.pos, "%s runs %s, and other commands run %s", prog.name, prog.path, other).In(prog.role).
							WithFix("%s", other).Path = prog.path
					}
				}
			}
			return nil
		})
}

// inImage reports whether the rootfs of an image has a file at name.
func inImage(p *validate.Package, name string) bool {
	for _, img := range p.App.Images {
		if rootFile(p, img, name) != nil {
			return true
		}
	}
	return false
}
