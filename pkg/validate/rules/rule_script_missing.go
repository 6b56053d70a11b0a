package rules

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// scriptMissing finds commands that run a file which the image does not have.
func scriptMissing() validate.Rule {
	return validate.NewRule("script-missing", validate.Error, "A command runs a file that the image does not have",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			provisionMissing(p, r)
			type place struct {
				img  *app.Image
				path string
			}
			lacking := map[string]bool{}
			seen := map[place]bool{} // what one command lacks, others lack too
			for _, prog := range clusterFirst(programs(p)) {
				images := prog.imagesOf(p)
				if meant := misspeltPath(p, prog); meant != "" {
					r.At(prog.pos, "%s runs %s, which no file of the repository is called like, and other commands run %s", prog.name, prog.path, meant).
						In(prog.role).As(validate.Warning).With(validate.Likely).WithFix("did you mean %q?", meant).Path = prog.path
					continue
				}
				if folder := lacksIn(p, prog); folder != "" {
					if !lacking[prog.path] {
						reportLacking(r, prog, folder)
					}
					lacking[prog.path] = true
					continue
				}
				if len(images) != 1 || images[0].RootFS == "" || seen[place{images[0], prog.path}] || provided(p, images[0], prog.path) {
					continue
				}
				seen[place{images[0], prog.path}] = true
				reportMissing(p, r, images[0], prog)
			}
			return nil
		})
}

// misspeltPath is the path that other commands run, in the same folder, and whose
// file an unconverted repository has, where it has none like that of prog.
func misspeltPath(p *validate.Package, prog program) string {
	has := func(name string) bool {
		return slices.ContainsFunc(p.Files(), func(f *validate.File) bool { return path.Base(f.Rel) == path.Base(name) })
	}
	if p.App.Manifest != nil || systemFolder(path.Dir(prog.path)) || has(prog.path) || made(p, prog.path) || slices.ContainsFunc(p.App.Images, func(img *app.Image) bool { return pairTo(p, img, prog.path) != nil }) {
		return ""
	}
	for _, other := range programs(p) {
		if path.Dir(other.path) == path.Dir(prog.path) && oneSlip(path.Base(prog.path), path.Base(other.path)) && has(other.path) {
			return other.path
		}
	}
	return ""
}

// oneSlip reports whether two names differ by a slip of the hand: one letter
// too many, too few or wrong, or two in the wrong order. Digits are meant.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if i == len(b) || len(a) < 5 || b[i] >= '0' && b[i] <= '9' || i < len(a) && a[i] >= '0' && a[i] <= '9' {
		return false
	}
	if len(b) == len(a)+1 {
		return a[i:] == b[i+1:]
	}
	swapped := i+1 < len(a) && len(a) == len(b) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	return swapped || len(a) == len(b) && a[i+1:] == b[i+1:]
}

// provisionMissing reports scripts that [kvm] provision names and that are not
// there.
func provisionMissing(p *validate.Package, r *validate.Reporter) {
	if p.App.Manifest == nil {
		return
	}
	for _, name := range p.App.Manifest.KVM.Provision {
		_, err := p.App.ReadFile(filepath.Join(p.App.Root, filepath.FromSlash(name)))
		if err != nil {
			r.At(p.App.Manifest.Pos("kvm.provision"), "provision names %q, which %s", name, unreadFor(err)).
				DidYouMean(name, relsOf(p))
		}
	}
}

func relsOf(p *validate.Package) []string {
	var out []string
	for _, f := range p.Files() {
		out = append(out, f.Rel)
	}
	return out
}

// provided reports whether the image has, or may have, a file at a path: in
// rootfs, from a pair, below a link, or from a base image, which brings whole
// folders of its own.
func provided(p *validate.Package, img *app.Image, name string) bool {
	dir := path.Dir(name)
	if rootFile(p, img, name) != nil || pairTo(p, img, name) != nil || elsewhereInRepository(p, name) || !rootHas(p, img, dir) || systemFolder(dir) {
		return true
	}
	for up := dir; up != "/"; up = path.Dir(up) {
		if rootFile(p, img, up) != nil {
			return true // a link, or a file in the way
		}
	}
	return made(p, name)
}

// elsewhereInRepository reports whether a file of the repository has the end of
// a path: another Ansible role, or a script that builds the image, may put it
// there.
func elsewhereInRepository(p *validate.Package, name string) bool {
	tail := "/" + path.Join(path.Base(path.Dir(name)), path.Base(name))
	return slices.ContainsFunc(p.Files(), func(f *validate.File) bool { return strings.HasSuffix("/"+f.Rel, tail) })
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
	elsewhere, near := alternatives(p, img, prog.path)
	if p.App.Manifest == nil && elsewhere == "" && near == "" {
		return // what else goes into the image is not known
	}
	f := r.At(prog.pos, "%s runs %s, which the image does not have", prog.name, prog.path).In(prog.role)
	f.Path = prog.path
	switch {
	case elsewhere != "":
		f.WithFix("the image has %s", elsewhere)
	case near != "":
		f.WithFix("did you mean %q?", near)
	default:
		f.As(validate.Warning).With(validate.Likely) // the base image may have it
	}
	if p.App.Manifest == nil {
		f.As(validate.Warning).With(validate.Likely)
	}
}

// alternatives are a path of rootfs with the same file name; near one with a
// similar name in the same folder.
func alternatives(p *validate.Package, img *app.Image, name string) (elsewhere, near string) {
	var there []string
	for _, file := range p.Files() {
		rel, ok := strings.CutPrefix(file.Path, img.RootFS)
		switch {
		case !ok:
		case path.Base(rel) == path.Base(name):
			elsewhere = rel
		case path.Dir(rel) == path.Dir(name):
			there = append(there, path.Base(rel))
		}
	}
	if like := diag.Nearest(path.Base(name), there, 1); len(like) > 0 {
		near = path.Join(path.Dir(name), like[0])
	}
	return elsewhere, near
}
