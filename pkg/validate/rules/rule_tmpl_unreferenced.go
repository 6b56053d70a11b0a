package rules

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// tmplUnreferenced finds templates that no resource names.
func tmplUnreferenced() validate.Rule {
	return validate.NewRule("tmpl-unreferenced", validate.Warning, "No resource names a template",
		func(ctx context.Context, p *validate.Package, r *validate.Reporter) error {
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
			reportStrays(ctx, p, r)
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

// reportStrays reports templates of confd that lie in no folder of pairs, and
// that no file copies by name: in the app, and in what lies beside several apps.
func reportStrays(ctx context.Context, p *validate.Package, r *validate.Reporter) {
	if len(p.Pairs()) == 0 || p.App.Manifest != nil {
		return
	}
	for _, q := range []*validate.Package{p, beside(ctx, p.App)} {
		if q == nil || !q.Complete() {
			continue
		}
		for _, f := range q.Files() {
			if strings.HasSuffix(f.Path, ".tmpl") && isStrayTemplate(p.App, q, f) {
				r.At(diag.Pos{File: f.Path, Line: 1}, "this template lies beside no conf.d: it is never rendered").
					As(validate.Info).With(validate.Guess).WithFix("remove it, or move it into the templates folder of a conf.d whose resource names it")
			}
		}
	}
}

// beside is what lies in the repository outside of a's own folder; nil where
// the folder is all there is.
func beside(ctx context.Context, a *app.App) *validate.Package {
	if a.Above == "" {
		return nil
	}
	return validate.NewPackage(ctx, &app.App{Root: a.Above}, nil)
}

// isStrayTemplate reports whether a file reads metadata as a template of confd
// does, lies in no app's pairs, and is copied nowhere.
func isStrayTemplate(a *app.App, p *validate.Package, f *validate.File) bool {
	if p.App != a && slices.ContainsFunc(append([]string{a.Root}, a.Others...), func(root string) bool { return inside(f.Path, root) }) {
		return false // that app's
	}
	if slices.ContainsFunc(a.Images, func(img *app.Image) bool { return inside(f.Path, img.ConfDir) || inside(f.Path, img.Templates) }) {
		return false
	}
	text, ok := p.Text(f.Path)
	if !ok || copiedByName(p, f) {
		return false
	}
	tmpl, err := confd.ParseTemplate(f.Path, text, nil)
	return err == nil && slices.ContainsFunc(tmpl.Reads(), func(read confd.Read) bool {
		first, _, _ := strings.Cut(strings.TrimPrefix(read.Key, "/"), "/")
		return slices.Contains(topKeys(), first)
	})
}

// inside reports whether a file lies in a folder; never in one without a name.
func inside(file, dir string) bool {
	return dir != "" && strings.HasPrefix(file, strings.TrimSuffix(dir, "/")+"/")
}

// copiedByName reports whether a file other than a resource has the name of
// the template, or of its folder.
func copiedByName(p *validate.Package, t *validate.File) bool {
	name, folder := path.Base(t.Rel), path.Base(path.Dir(t.Rel))
	return slices.ContainsFunc(p.Files(), func(f *validate.File) bool {
		if f == t || strings.HasSuffix(f.Path, ".toml") || strings.HasSuffix(f.Path, ".md") {
			return false
		}
		text, ok := p.Text(f.Path)
		return ok && (strings.Contains(text, name) || folder != "." && strings.Contains(text, folder+"/"))
	})
}
