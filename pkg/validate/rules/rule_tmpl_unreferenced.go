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
	"github.com/appimg/appimg/pkg/lazyregexp"
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
					if strings.HasSuffix(name, ".tmpl") && !named(p, img, texts[name]) && !mentioned(p, path.Base(name)) {
						reportUnreferenced(r, texts[name])
					}
				}
			}
			reportStrays(p, r)
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

// reportStrays reports templates of confd that lie in a folder of old things,
// and that no file copies by name: in the app, and beside several apps.
func reportStrays(p *validate.Package, r *validate.Reporter) {
	if len(p.Pairs()) == 0 || p.App.Manifest != nil {
		return
	}
	for _, q := range []*validate.Package{p, p.Beside()} {
		if q == nil || !q.Complete() {
			continue
		}
		for _, f := range q.Files() {
			if strings.HasSuffix(f.Path, ".tmpl") && oldFolder.MatchString(path.Dir(f.Rel)) && isStrayTemplate(p, q, f) {
				r.At(diag.Pos{File: f.Path, Line: 1}, "no resource names this template: it lies in a folder of old things").
					As(validate.Info).With(validate.Guess).WithFix("remove it")
			}
		}
	}
}

var oldFolder = lazyregexp.New(`(?i)(^|[/._-])(bak|backup|old|orig|deprecated|unused)($|[/._-])`)

// isStrayTemplate reports whether a file reads metadata as a template of confd
// does, lies in no app's pairs, and is copied nowhere.
func isStrayTemplate(p, in *validate.Package, f *validate.File) bool {
	if slices.ContainsFunc(p.App.Images, func(img *app.Image) bool { return inside(f.Path, img.ConfDir) || inside(f.Path, img.Templates) }) {
		return false
	}
	text, ok := in.Text(f.Path)
	if !ok || copiedByName(p, f) || copiedByName(in, f) {
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

// copiedByName reports whether a file that is no resource has the name of the
// template, or of its folder.
func copiedByName(p *validate.Package, t *validate.File) bool {
	name, folder := path.Base(t.Rel), path.Base(path.Dir(t.Rel))
	return mentioned(p, name) || folder != "." && mentioned(p, folder+"/")
}
