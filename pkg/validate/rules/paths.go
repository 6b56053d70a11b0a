package rules

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
)

// program is an absolute path that a command runs.
type program struct {
	command
	path   string
	direct bool // by its own name: it must be executable; not by an interpreter
}

// programs are those of all commands, each path of a command once; none in a
// repository that is too large to be known.
func programs(p *validate.Package) []program {
	var out []program
	if !p.Complete() {
		return nil
	}
	for _, c := range commands(p) {
		file, _ := p.Shell(c.text)
		seen := map[string]bool{}
		eachCall(file, func(call *syntax.CallExpr) {
			words := callWords(call)
			name, direct := programOf(words)
			if path.IsAbs(name) && path.Clean(name) == name && !seen[name] {
				seen[name] = true
				out = append(out, program{c, name, direct})
			}
		})
	}
	return out
}

// clusterFirst puts the programs of cluster.json.mustache, in its order, in
// front of those of pairs.
func clusterFirst(list []program) []program {
	pair := func(p program) int {
		if p.image == nil {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b program) int {
		return cmp.Or(cmp.Compare(pair(a), pair(b)), cmp.Compare(a.pos.Line, b.pos.Line), cmp.Compare(a.pos.Col, b.pos.Col))
	})
	return list
}

// programOf is the file that a call runs: its first word, or the first operand
// of an interpreter.
func programOf(words []string) (name string, direct bool) {
	if len(words) == 0 {
		return "", false
	}
	switch base := path.Base(words[0]); {
	case slices.Contains([]string{"sh", "bash", "dash", "source", ".", "perl", "ruby", "php", "node"}, base), strings.HasPrefix(base, "python"):
		for _, w := range words[1:] {
			if w == "-c" || w == "-m" || w == "-e" || w == "" {
				return "", false
			}
			if !strings.HasPrefix(w, "-") {
				return w, false
			}
		}
		return "", false
	}
	return words[0], true
}

// imagesOf are the images whose files a command can run.
func (c command) imagesOf(p *validate.Package) []*app.Image {
	if c.image != nil {
		return []*app.Image{c.image.Image}
	}
	return slices.DeleteFunc(slices.Clone(p.App.Images), func(img *app.Image) bool { return c.role != "" && !img.UsedBy(c.role) })
}

// rootFile is the file that lies at a path of an image's rootfs, or nil: what a
// link leads to, and the link where that is not in the repository.
func rootFile(p *validate.Package, img *app.Image, name string) *validate.File {
	if img.RootFS == "" {
		return nil
	}
	file := filepath.Join(img.RootFS, filepath.FromSlash(name))
	if f := p.Behind(file, img.RootFS); f != nil {
		return f
	}
	return p.File(file)
}

// rootHas reports whether rootfs has a folder, by a file below it.
func rootHas(p *validate.Package, img *app.Image, dir string) bool {
	prefix := filepath.Join(img.RootFS, filepath.FromSlash(dir)) + string(filepath.Separator)
	return slices.ContainsFunc(p.Files(), func(f *validate.File) bool { return strings.HasPrefix(f.Path, prefix) })
}

// pairTo is the pair of an image that writes a path, or nil.
func pairTo(p *validate.Package, img *app.Image, name string) *validate.Pair {
	for _, pair := range read(p.Pairs()) {
		if pair.Image == img && path.Clean(pair.Resource.Dest) == name {
			return pair
		}
	}
	return nil
}
