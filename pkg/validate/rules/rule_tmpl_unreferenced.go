package rules

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// tmplUnreferenced finds templates that no resource names.
func tmplUnreferenced() validate.Rule {
	return validate.NewRule("tmpl-unreferenced", validate.Warning, "No resource names a template",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if slices.ContainsFunc(p.Pairs(), func(pair *validate.Pair) bool { return pair.Resource == nil }) {
				return nil // what cannot be read may name any
			}
			for _, img := range p.App.Images {
				texts, _ := img.TemplateFiles() // its faults: src-missing
				for _, name := range slices.Sorted(maps.Keys(texts)) {
					if strings.HasSuffix(name, ".tmpl") && !named(p, img, texts[name]) {
						reportUnreferenced(r, texts[name])
					}
				}
			}
			return nil
		})
}

func reportUnreferenced(r *validate.Reporter, t *app.TemplateFile) {
	f := r.At(diag.Pos{File: t.Files()[0], Line: 1}, "no resource names template %q: it is never rendered", t.Name)
	f.WithFix("add conf.d/…toml with src = %q, or remove the template", t.Name)
	if t.Name == "cmd.info.tmpl" {
		f.As(validate.Info).WithFix("remove it: the agent brings its own")
	}
}

// named reports whether a pair of img, or of an image with the same templates
// folder, has t for its source.
func named(p *validate.Package, img *app.Image, t *app.TemplateFile) bool {
	for _, pair := range p.Pairs() {
		if pair.Image.Templates == img.Templates && pair.Source != nil && pair.Source.Name == t.Name {
			return true
		}
	}
	return false
}
