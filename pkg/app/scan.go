package app

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/vfs"
	"github.com/appimg/appimg/pkg/diag"
)

// Bounds of the walk through an unconverted repository.
const (
	maxEntries = 200_000
	maxDepth   = 24
	maxFound   = 500 // apps, and sets of pairs
)

// finding is what a walk has seen.
type finding struct {
	tree  *vfs.Tree
	dir   string
	apps  []candidate
	sets  []confSet
	notes []string
	full  bool // more was there than is taken
}

// confSet is a folder of template resources, and the folder of its templates.
type confSet struct {
	confD, templates string // templates is "" if there is none
	owner            string // the root of the app that it lies in; "" if in none
}

// scan walks dir for apps and sets of pairs. Links to folders are not
// followed, so it ends; what cannot be read is noted.
func scan(ctx context.Context, tree *vfs.Tree, dir string) (*finding, error) {
	f := &finding{tree: tree, dir: dir}
	entries := 0
	err := tree.Walk(dir, func(path string, d fs.DirEntry, err error) error {
		if entries++; entries > maxEntries {
			f.notes = append(f.notes, fmt.Sprintf("%s has more than %d files: the rest was not looked at", dir, maxEntries))
			return fs.SkipAll
		}
		if entries%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case err != nil && path == dir:
			return fmt.Errorf("reading %q: %w", dir, diag.Reason(err))
		case err != nil:
			f.notes = append(f.notes, fmt.Sprintf("%s cannot be read (%v)", path, diag.Reason(err)))
			return nil
		case d.IsDir():
			return f.folder(path, d.Name())
		default:
			f.file(path, d.Name())
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	if f.full {
		f.notes = append(f.notes, fmt.Sprintf("%s has more than %d folders of pairs: the rest is left out", dir, maxFound))
	}
	f.settle()
	return f, nil
}

func (f *finding) folder(path, name string) error {
	if path == f.dir {
		return nil
	}
	switch name {
	case ".git", ".svn", ".hg", "node_modules", "vendor", "__pycache__", ".venv":
		return fs.SkipDir
	}
	rel, err := filepath.Rel(f.dir, path)
	if err != nil || strings.Count(rel, string(filepath.Separator)) >= maxDepth {
		return fs.SkipDir
	}
	return nil
}

func (f *finding) file(path, name string) {
	dir := filepath.Dir(path)
	switch {
	case len(f.sets) >= maxFound || len(f.apps) >= maxFound:
		f.full = true
	case name == ManifestName:
		f.apps = append(f.apps, candidate{root: dir, manifest: path})
	case name == clusterName:
		f.apps = append(f.apps, candidate{root: ownRoot(f.dir, dir), cluster: path})
	case strings.HasSuffix(name, ".toml") && f.isResource(path, dir):
		if !f.known(dir) {
			f.sets = append(f.sets, confSet{confD: dir, templates: f.templatesOf(dir)})
		}
	}
}

// known reports whether the resources in dir belong to a set already: dir's, or
// that of a conf.d above it.
func (f *finding) known(dir string) bool {
	return slices.ContainsFunc(f.sets, func(s confSet) bool {
		return s.confD == dir || filepath.Base(s.confD) == "conf.d" && within(dir, s.confD)
	})
}

// ownRoot is the folder of the app whose configuration lies in dir: app/ and
// config/ are parts of it.
func ownRoot(top, dir string) string {
	if dir == top {
		return dir
	}
	switch filepath.Base(dir) {
	case "app", "config", "conf", "appcenter":
		return filepath.Dir(dir)
	}
	return dir
}

// isResource reports whether a toml file is a template resource: it has a
// [template] table; or it lies in conf.d, and is one by its keys (other programs
// have folders of this name, too).
func (f *finding) isResource(path, dir string) bool {
	data, err := f.tree.ReadFile(path, 64<<10)
	if err != nil {
		return false
	}
	var table, src, dest bool
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		table = table || bytes.HasPrefix(line, []byte("[template]"))
		src = src || bytes.HasPrefix(line, []byte("src"))
		dest = dest || bytes.HasPrefix(line, []byte("dest"))
	}
	return table || filepath.Base(dir) == "conf.d" && (src || dest || len(bytes.TrimSpace(data)) == 0)
}

// templatesOf is the folder of templates that belongs to a conf.d: its
// neighbour, by one of the names in use.
func (f *finding) templatesOf(confD string) string {
	for _, name := range []string{"templates", "template", "tmpl", "tmpls"} {
		dir := filepath.Join(filepath.Dir(confD), name)
		if f.tree.IsDir(dir) {
			return dir
		}
	}
	own, _ := f.tree.ReadDir(confD) // it was read a moment ago
	if slices.ContainsFunc(own, func(e fs.DirEntry) bool { return strings.HasSuffix(e.Name(), ".tmpl") }) {
		return confD
	}
	return ""
}

// settle drops what lies inside of projects, and sorts.
func (f *finding) settle() {
	var projects []string
	for _, c := range f.apps {
		if c.manifest != "" {
			projects = append(projects, c.root)
		}
	}
	inProject := func(path string) bool {
		return slices.ContainsFunc(projects, func(p string) bool { return within(path, p) })
	}
	f.apps = slices.DeleteFunc(f.apps, func(c candidate) bool { return c.manifest == "" && inProject(c.cluster) })
	f.sets = slices.DeleteFunc(f.sets, func(s confSet) bool { return inProject(s.confD) })
	slices.SortFunc(f.apps, func(a, b candidate) int { return strings.Compare(a.root, b.root) })
	slices.SortFunc(f.sets, func(a, b confSet) int { return strings.Compare(a.confD, b.confD) })
	for i := range f.sets {
		f.sets[i].owner = f.owner(f.sets[i])
	}
}

// within reports whether path is dir or lies below it. Both are clean.
func within(path, dir string) bool {
	if !strings.HasPrefix(dir, ".") && filepath.IsAbs(path) == filepath.IsAbs(dir) && !strings.HasPrefix(path, dir) {
		return false // as most do, in a large repository
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
