package rules

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// windowsLineEnds finds scripts whose lines end in CR LF: Linux looks for an
// interpreter whose name ends in a carriage return.
func windowsLineEnds() validate.Rule {
	return validate.NewRule("windows-line-ends", validate.Error, "The lines of a script end as on Windows",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			const fix = "save it with LF line ends"
			for _, f := range p.Files() {
				sure := inRootFS(p, f.Path) || provisions(p, f)
				if !sure && (p.App.Manifest != nil || aside(f.Rel) || isSource(p, f.Path)) {
					continue
				}
				text, ok := p.Text(f.Path)
				if name := interpreter(text); ok && name != "" && (sure || !mendsLineEnds(p)) {
					found := r.At(diag.Pos{File: f.Path, Line: 1}, "the lines end as on Windows: Linux looks for a program %q, which is not there", name+"\r")
					found.WithFix(fix).Repair = withoutCR(f.Path)
					if !sure {
						found.As(validate.Warning).With(validate.Likely)
					}
				}
			}
			seen := map[*validate.Pair]bool{}
			for _, o := range outputs(p) {
				if name := interpreter(o.Content); name != "" && !seen[o.Pair] {
					seen[o.Pair] = true
					r.At(o.Origin(1), "%s is written with lines that end as on Windows: Linux looks for a program %q, which is not there", o.Pair.Resource.Dest, name+"\r").
						In(oneRole(p, o.Pair)).WithFix("save the template with LF line ends")
				}
			}
			return nil
		})
}

// mendsLineEnds reports whether what makes the image sees to line ends.
func mendsLineEnds(p *validate.Package) bool {
	return slices.ContainsFunc(p.Files(), func(f *validate.File) bool {
		text, ok := p.Text(f.Path)
		return ok && path.Ext(f.Rel) != ".md" && (strings.Contains(text, "dos2unix") || strings.Contains(text, `s/\r`))
	})
}

// provisions reports whether a file is a script of [kvm] provision.
func provisions(p *validate.Package, f *validate.File) bool {
	return p.App.Manifest != nil && slices.ContainsFunc(p.App.Manifest.KVM.Provision, func(name string) bool { return path.Clean(name) == f.Rel })
}

// interpreter is the program that a script's first line names, where that line
// ends in a carriage return; else "".
func interpreter(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	name, isScript := strings.CutPrefix(line, "#!")
	name, ends := strings.CutSuffix(name, "\r")
	words := strings.Fields(name)
	if !isScript || !ends || len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

func withoutCR(file string) *validate.Repair {
	return &validate.Repair{File: file, Apply: func(data []byte) ([]byte, error) {
		return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), nil
	}}
}
