package rules

import (
	"context"
	"path"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// pythonUnbound finds names that a function of a Python script reads before it
// gives them a value: the function always fails there.
func pythonUnbound() validate.Rule {
	return validate.NewRule("python-unbound", validate.Warning, "A Python function reads a name before it has a value",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			report := func(text string, at func(int) diag.Pos) {
				for _, u := range unboundNames(text) {
					pos, line := at(u.offset), at(u.line).Line
					r.At(pos, "%q is read here and gets its value in line %d: it is the function's own name everywhere in it, and has no value yet", u.name, line).
						WithFix("call one of the two otherwise")
				}
			}
			for _, f := range p.Files() {
				if aside(f.Rel) && !inRootFS(p, f.Path) || isSource(p, f.Path) {
					continue
				}
				if text, ok := p.Text(f.Path); ok && isPython(f.Path, text) && !isTemplate(text) {
					report(text, func(offset int) diag.Pos { return diag.At(f.Path, text, offset) })
				}
			}
			seen := map[*validate.Pair]bool{}
			for _, o := range outputs(p) {
				if o.Err == nil && !seen[o.Pair] && isPython(o.Pair.Resource.Dest, o.Content) {
					seen[o.Pair] = true
					report(o.Content, o.OriginAt)
				}
			}
			return nil
		})
}

// isPython reports whether a file is a Python script, by its name or first line.
func isPython(file, text string) bool {
	return path.Ext(file) == ".py" || path.Ext(file) == "" && pythonLine.MatchString(text)
}
