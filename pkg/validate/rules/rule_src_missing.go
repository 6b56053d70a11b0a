package rules

import (
	"context"
	"errors"
	"maps"
	"path"
	"slices"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// srcMissing finds resources whose template is not there.
func srcMissing() validate.Rule {
	return validate.NewRule("src-missing", validate.Error, "The template of a resource is not there",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, img := range p.App.Images {
				_, err := img.TemplateFiles()
				for _, one := range validate.Joined(err) {
					at := diag.Pos{File: img.Templates, Line: 1}
					if unread := (*app.FileError)(nil); errors.As(one, &unread) {
						at = diag.Pos{File: unread.Path, Line: 1}
					}
					r.Fault(at, one)
				}
			}
			for _, pair := range read(p.Pairs()) {
				if pair.Source != nil || outside(pair) || p.File(pair.TemplateName()) != nil {
					continue
				}
				texts, _ := pair.Image.TemplateFiles() // said above
				f := r.At(pair.Resource.Pos("src"), "template %q is not there: confd looks for it in templates/", pair.Resource.Src)
				f.DidYouMean(pair.Resource.Src, slices.Collect(maps.Keys(texts)))
				if base := path.Base(pair.Resource.Src); texts[base] != nil { // written as a path from somewhere else
					f.WithFix("src = %q: it is relative to templates/", base)
				}
			}
			return nil
		})
}

// outside reports whether src climbs out of templates/, as confd lets it: such
// a file may be anywhere.
func outside(pair *validate.Pair) bool {
	clean := path.Clean(pair.Resource.Src)
	return clean == ".." || len(clean) > 2 && clean[:3] == "../"
}
