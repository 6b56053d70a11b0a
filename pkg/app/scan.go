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
	maxDepth   = 40
	maxFound   = 500 // apps, and sets of pairs
)

// finding is what a walk has seen.
type finding struct {
	tree   *vfs.Tree
	dir    string
	apps   []candidate
	sets   []confSet
	missed []Missed
	full   bool // more was there than is taken
}

// Missed is a file or folder that a search for apps did not look at, and why.
// What comes behind it may be missed as well, where Cut is set.
type Missed struct {
	Path, Why string
	Cut       bool // by a bound of the search
}

func (m Missed) String() string { return m.Path + ": " + m.Why }

// cut notes that the search ends at path.
func (f *finding) cut(path, format string, args ...any) {
	f.missed = append(f.missed, Missed{path, fmt.Sprintf(format, args...), true})
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
			f.cut(path, "%s has more than %d files: apps were not looked for from here on", dir, maxEntries)
			return fs.SkipAll
		}
		if entries%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case err != nil && path == dir:
			return fmt.Errorf("reading %q: %w", dir, diag.Reason(err))
		case err != nil:
			f.missed = append(f.missed, Missed{path, fmt.Sprintf("it cannot be read (%v)", diag.Reason(err)), false})
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
		f.cut(path, "apps are not looked for in this folder: it lies more than %d folders deep", maxDepth)
		return fs.SkipDir
	}
	return nil
}

func (f *finding) file(path, name string) {
	dir := filepath.Dir(path)
	switch {
	case f.full:
	case name == ManifestName && f.room(path):
		f.apps = append(f.apps, candidate{root: dir, manifest: path})
	case name == clusterName && f.room(path):
		f.apps = append(f.apps, candidate{root: ownRoot(f.dir, dir), cluster: path})
	case strings.HasSuffix(name, ".toml") && f.isResource(path, dir) && !f.known(dir) && f.room(path):
		f.sets = append(f.sets, confSet{confD: dir, templates: f.templatesOf(dir)})
	}
}

// room reports whether one more app, or set of pairs, is taken; the first that is not
// is noted.
func (f *finding) room(path string) bool {
	if f.full = len(f.sets) >= maxFound || len(f.apps) >= maxFound; f.full {
		f.cut(path, "%s has more than %d apps or folders of pairs: this one, and what comes behind it, is left out", f.dir, maxFound)
	}
	return !f.full
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
