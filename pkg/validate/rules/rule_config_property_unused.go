package rules

import (
	"context"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// configPropertyUnused finds properties that no variable stands for: what the
// user fills in has no effect.
func configPropertyUnused() validate.Rule {
	return validate.NewRule("config-property-unused", validate.Warning, "cluster.json.mustache never uses a property",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			doc, _ := p.App.Cluster()
			if doc == nil || !readable(p) {
				return nil
			}
			used := map[string]bool{}
			var names []string
			for _, x := range variables(p) {
				if prop := p.App.Config.Lookup(x.Var); prop != nil {
					used[prop.Path] = true
				}
				names = append(names, x.Var)
			}
			texts := quotedVariables(doc)
			for _, leaf := range p.App.Config.Leaves() {
				if used[leaf.Path] || exempt(leaf.Path) || strings.Contains(texts, leaf.Path) {
					continue
				}
				f := r.At(leaf.Pos, "cluster.json.mustache never uses {{%s}}: what the user fills in has no effect", leaf.Path)
				if near := diag.Nearest(leaf.Path, names, 1); len(near) > 0 && p.App.Config.Lookup(near[0]) == nil {
					f.WithFix("{{%s}} is used, and has no property", near[0])
				}
			}
			return nil
		})
}

// exempt tells the properties that the platform reads by itself: the presets
// of the form, and the parameters of custom services.
func exempt(path string) bool {
	return path == "cluster.resource_group" || strings.HasPrefix(path, "service_params.")
}

// quotedVariables are the strings with {{ }} in them, all together.
func quotedVariables(doc *jsondoc.Value) string {
	var out strings.Builder
	doc.Walk(func(v *jsondoc.Value) bool {
		if v.Kind == jsondoc.String && strings.Contains(v.Text, "{{") {
			out.WriteString(v.Text)
		}
		return true
	})
	return out.String()
}
