package rules

import (
	"context"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// scriptMissing finds commands that run a file which the image does not have.
func scriptMissing() validate.Rule {
	return validate.NewRule("script-missing", validate.Error, "A command runs a file that the image does not have",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, prog := range programs(p) {
				images := prog.imagesOf(p)
				if len(images) != 1 || images[0].RootFS == "" || provided(p, images[0], prog.path) {
					continue
				}
				reportMissing(p, r, images[0], prog)
			}
			return nil
		})
}

// provided reports whether the image has, or may have, a file at a path: in
// rootfs, from a pair, below a link, or from a base image, which brings whole
// folders of its own.
func provided(p *validate.Package, img *app.Image, name string) bool {
	dir := path.Dir(name)
	if rootFile(p, img, name) != nil || pairTo(p, img, name) != nil || !rootHas(p, img, dir) || systemFolder(dir) {
		return true
	}
	for up := dir; up != "/"; up = path.Dir(up) {
		if rootFile(p, img, up) != nil {
			return true // a link, or a file in the way
		}
	}
	return made(p, name)
}

// systemFolder reports whether base images fill a folder.
func systemFolder(dir string) bool {
	return below(dir, "/bin", "/sbin", "/lib", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/share", "/etc") || dir == "/usr/local/bin" || dir == "/usr/local/sbin"
}

// made reports whether a script or a Dockerfile names the path: it may make it.
func made(p *validate.Package, name string) bool {
	for _, f := range p.Files() {
		if f.Path == p.App.ClusterFile || strings.HasSuffix(f.Path, ".toml") || strings.HasSuffix(f.Path, ".md") {
			continue
		}
		if text, ok := p.Text(f.Path); ok && strings.Contains(text, name) {
			return true
		}
	}
	return false
}

func reportMissing(p *validate.Package, r *validate.Reporter, img *app.Image, prog program) {
	f := r.At(prog.pos, "%s runs %s, which the image does not have", prog.name, prog.path).In(prog.role)
	f.Path = prog.path
	var there []string
	for _, file := range p.Files() {
		if rel, ok := strings.CutPrefix(file.Path, img.RootFS); ok && path.Base(rel) == path.Base(prog.path) {
			f.WithFix("the image has %s", rel)
			return
		}
		if rel, ok := strings.CutPrefix(file.Path, img.RootFS); ok && path.Dir(rel) == path.Dir(prog.path) {
			there = append(there, path.Base(rel))
		}
	}
	if near := diag.Nearest(path.Base(prog.path), there, 1); len(near) > 0 {
		f.WithFix("did you mean %q?", path.Join(path.Dir(prog.path), near[0]))
		return
	}
	f.As(validate.Warning).With(validate.Likely) // the base image may have it
}
