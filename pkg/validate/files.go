package validate

import (
	"bytes"
	"context"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/vfs"
	"github.com/appimg/appimg/pkg/diag"
)

// Bounds of what is looked at. A repository may hold anything.
const (
	maxFiles = 50_000   // files that are known; the rest is not looked at
	maxDepth = 40       // of folders
	maxText  = 1 << 20  // bytes of a file that is read as text
	maxTotal = 32 << 20 // bytes that are read and kept of all files
)

// File is a file of the repository. Links are not followed: they are known by
// what they name.
type File struct {
	Path string      // as the app names paths: it begins with the app's root
	Rel  string      // relative to the app's root, with slashes
	Mode fs.FileMode // type and permission bits
	Size int64
	Link string // of a link: its target as written
}

// Executable reports whether anyone may run it.
func (f *File) Executable() bool { return f.Mode&0o111 != 0 }

// tree is what a walk of the repository found.
type tree struct {
	files  []*File
	byPath map[string]*File
	repos  []string // folders of histories, which are not looked into
	beyond string   // the first file behind maxFiles; empty where there are no more
	deep   []string // folders below maxDepth, which are not looked into
	closed []closed // folders that cannot be listed

	without map[string]bool // folders
}

// walk lists the files below root in path order, bounded; folders of without
// are left out.
func walk(ctx context.Context, files *vfs.Tree, root string, without []string) (*tree, error) {
	t := &tree{byPath: map[string]*File{}, without: map[string]bool{}}
	for _, dir := range without {
		t.without[dir] = true
	}
	err := files.Walk(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return t.unreadable(path, d, err)
		case d.IsDir():
			return t.folder(root, path, d)
		case len(t.files) >= maxFiles:
			t.beyond = path
			return fs.SkipAll
		}
		t.add(files, root, path, d)
		return nil
	})
	slices.SortFunc(t.files, func(a, b *File) int { return strings.Compare(a.Rel, b.Rel) })
	return t, err
}

// closed is a folder that cannot be listed, and why.
type closed struct {
	dir string
	err error
}

// unreadable goes on behind a folder that cannot be listed.
func (t *tree) unreadable(path string, d fs.DirEntry, err error) error {
	if d == nil || !d.IsDir() {
		return nil
	}
	t.closed = append(t.closed, closed{path, diag.Reason(err)})
	return fs.SkipDir
}

func (t *tree) folder(root, path string, d fs.DirEntry) error {
	if path != root && d.Name() == ".git" {
		t.repos = append(t.repos, path)
	}
	if path != root && (d.Name() == ".git" || d.Name() == "node_modules") || t.without[path] {
		return fs.SkipDir
	}
	if strings.Count(relative(root, path), "/") >= maxDepth {
		t.deep = append(t.deep, path)
		return fs.SkipDir
	}
	return nil
}

func (t *tree) add(files *vfs.Tree, root, path string, d fs.DirEntry) {
	info, err := d.Info()
	if err != nil {
		return // removed meanwhile
	}
	f := &File{Path: path, Rel: relative(root, path), Mode: info.Mode(), Size: info.Size()}
	if f.Mode&fs.ModeSymlink != 0 {
		f.Link, _ = files.ReadLink(path) // one that cannot be read leads nowhere
	}
	t.put(f)
}

func (t *tree) put(f *File) {
	t.files = append(t.files, f)
	t.byPath[f.Path] = f
}

// Files are the regular files and links of the repository, in path order. At
// most 50,000 are known.
func (p *Package) Files() []*File { return p.tree().files }

// Repositories are the .git folders below the root's own. What is in them is no
// file of the app.
func (p *Package) Repositories() []string {
	own := filepath.Join(p.App.Root, ".git")
	return slices.DeleteFunc(slices.Clone(p.tree().repos), func(dir string) bool { return dir == own })
}

// Complete reports whether Files has all there is. Where it has not, what is
// missing cannot be told.
func (p *Package) Complete() bool {
	t := p.tree()
	return t.beyond == "" && len(t.deep) == 0 && len(t.closed) == 0
}

// File is the file at a path as the app names it, or nil.
func (p *Package) File(path string) *File { return p.tree().byPath[path] }

// Behind is the file that a path leads to by links of the repository, itself
// where it is none; nil where a link leads out of it, or nowhere. Absolute links
// begin at top, the folder that is / of a node; where it is "" they lead out.
func (p *Package) Behind(file, top string) *File {
	const mostLinks = 40
	for range mostLinks {
		link := p.linkOn(file)
		if link == nil {
			return p.File(file)
		}
		rest := strings.TrimPrefix(file, link.Path)
		switch target := filepath.FromSlash(link.Link); {
		case target == "" || path.IsAbs(link.Link) && top == "":
			return nil
		case path.IsAbs(link.Link):
			file = filepath.Join(top, target, rest)
		default:
			file = filepath.Join(filepath.Dir(link.Path), target, rest)
		}
	}
	return nil
}

// linkOn is the link that a path is, or that lies on the way to it.
func (p *Package) linkOn(file string) *File {
	for at := file; ; at = filepath.Dir(at) {
		if f := p.File(at); f != nil && f.Mode&fs.ModeSymlink != 0 {
			return f
		}
		if at == p.App.Root || filepath.Dir(at) == at {
			return nil
		}
	}
}

// Text is the content of a regular file of the repository that is text of at
// most 1 MiB; ok is false for anything else.
func (p *Package) Text(path string) (text string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t, known := p.texts[path]; known {
		return t.text, t.ok
	}
	text, ok = p.readText(path)
	p.texts[path] = readText{text, ok}
	return text, ok
}

type readText struct {
	text string
	ok   bool
}

func (p *Package) readText(path string) (string, bool) {
	f := p.File(path)
	switch {
	case f == nil || !f.Mode.IsRegular():
		return "", false
	case f.Size > maxText:
		if isNamedText(path) && !p.readApart(path) {
			p.leaveOut(path, "it has %s, and lint reads files up to %d MiB", mebibytes(f.Size), maxText>>20)
		}
		return "", false
	case p.total+f.Size > maxTotal:
		p.leaveOut(path, "%d MiB of other files were read before it", maxTotal>>20)
		return "", false
	}
	data, err := p.App.Tree().ReadFile(path, maxText)
	if err != nil || bytes.IndexByte(data, 0) >= 0 {
		return "", false
	}
	p.total += int64(len(data))
	return string(data), true
}

// readApart reports whether a file is one of those that are read for what they are, by
// bounds of their own: that one cannot be read is told by the rule about it.
func (p *Package) readApart(path string) bool {
	if path == p.App.ConfigFile || path == p.App.ClusterFile {
		return true
	}
	for _, file := range p.App.Locale {
		if path == file {
			return true
		}
	}
	return slices.ContainsFunc(p.App.Images, func(img *app.Image) bool {
		return within(path, img.ConfD) || within(path, img.Templates)
	})
}

// within reports whether a file lies below a folder; there is none called "".
func within(path, dir string) bool {
	return dir != "" && strings.HasPrefix(path, dir+string(filepath.Separator))
}

// isNamedText reports whether a file's name says that a rule would read it.
func isNamedText(file string) bool {
	switch filepath.Ext(file) {
	case ".tmpl", ".toml", ".sh", ".py", ".json", ".yml", ".yaml", ".conf", ".cnf", ".properties", ".ini", ".xml", ".service":
		return true
	}
	return false
}

// Line is line n (from 1) of a text file without its newline; "" where there
// is none.
func (p *Package) Line(path string, n int) string {
	text, _ := p.Text(path)
	for range n - 1 {
		_, after, ok := strings.Cut(text, "\n")
		if !ok {
			return ""
		}
		text = after
	}
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSuffix(line, "\r")
}

// CommonEnd is how many parts two paths with slashes have in common, from the end: what
// tells where a file of the repository lies on a node.
func CommonEnd(a, b string) int {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(as) && n < len(bs) && as[len(as)-1-n] == bs[len(bs)-1-n] {
		n++
	}
	return n
}
