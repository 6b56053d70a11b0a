package rules

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// tomlSyntax finds resources that confd cannot read. With one of them, confd
// -onetime processes no resource at all.
func tomlSyntax() validate.Rule {
	return validate.NewRule("toml-syntax", validate.Error, "A template resource cannot be read",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.Err == nil {
					continue
				}
				f := r.Fault(diag.Pos{File: pair.File, Line: 1}, pair.Err)
				if errors.Is(pair.Err, confd.ErrNoSrc) {
					f.Message = "src is missing: confd refuses the resource"
				}
			}
			ignoredResources(p, r)
			return nil
		})
}

// ignoredResources reports resources in conf.d that confd does not see, since
// their names do not end in .toml. Names that say so are meant.
func ignoredResources(p *validate.Package, r *validate.Reporter) {
	seen := map[string]bool{}
	for _, f := range p.Files() {
		dir, name := path.Split(f.Path)
		inConf := slices.ContainsFunc(p.App.Images, func(img *app.Image) bool { return img.ConfDir != "" && inside(f.Path, img.ConfDir) })
		if !inConf || seen[f.Path] || strings.HasSuffix(name, "toml") || strings.HasPrefix(name, ".") || setAside.MatchString(name) || aside(f.Rel) {
			continue
		}
		seen[f.Path] = true
		text, ok := p.Text(f.Path)
		if !ok || !isResource.MatchString(text) {
			continue
		}
		r.At(diag.Pos{File: f.Path, Line: 1}, "confd reads only files that end in .toml: this one is ignored").As(validate.Warning).
			WithFix("call it %s", path.Join(path.Base(dir), strings.TrimSuffix(name, path.Ext(name))+".toml"))
	}
}

var (
	setAside   = lazyregexp.New(`(?i)\.(bak|old|orig|rej|disabled?|off|sample|example|template|tmpl|j2|md|swp|part)$|~$|\.toml[._-]`)
	isResource = lazyregexp.New(`(?m)^\s*\[template\]\s*$[\s\S]*^\s*src\s*=`)
)
