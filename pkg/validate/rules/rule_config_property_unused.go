package rules

import (
	"context"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// configPropertyUnused finds properties that no variable stands for: what the
// user fills in has no effect.
func configPropertyUnused() validate.Rule {
	return validate.NewRule("config-property-unused", validate.Warning, "cluster.json.mustache never uses a property",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if len(nodes(p)) == 0 || !readable(p) {
				return nil // what a file without a role uses says nothing yet
			}
			told := map[string]bool{} // as what templates lack: env-key-undefined
			for _, read := range reads(p) {
				if prop := keptBack(p, read); prop != nil {
					told[prop.Path] = true
				}
			}
			for _, leaf := range p.App.Config.Leaves() {
				if usesProperty(p, leaf) || told[leaf.Path] || exempt(leaf.Path) {
					continue
				}
				f := r.At(leaf.Pos, "cluster.json.mustache never uses {{%s}}: what the user fills in has no effect", leaf.Path)
				if near := diag.Nearest(leaf.Path, usesOf(p).names, 1); len(near) > 0 && p.App.Config.Lookup(near[0]) == nil {
					f.WithFix("{{%s}} is used, and has no property", near[0])
				}
			}
			return nil
		})
}

// uses are the properties that cluster.json.mustache uses.
type uses struct {
	paths map[string]bool // of properties
	names []string        // as they are written, of properties or not
	texts string          // those within quotes
}

func usesOf(p *validate.Package) uses {
	type key struct{}
	return validate.Keep(p, key{}, func() uses {
		doc, _ := p.App.Cluster()
		all := uses{paths: map[string]bool{}, texts: quotedVariables(doc)}
		for _, x := range variables(p) {
			if prop := p.App.Config.Lookup(x.Var); prop != nil {
				all.paths[prop.Path] = true
			}
			all.names = append(all.names, x.Var)
		}
		return all
	})
}

func usesProperty(p *validate.Package, prop *app.Property) bool {
	all := usesOf(p)
	return all.paths[prop.Path] || strings.Contains(all.texts, prop.Path)
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
