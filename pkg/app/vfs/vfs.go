// Package vfs is where the files of an app are read from: the disk, any fs.FS
// (a map in memory, an archive, a commit of a repository), or contents in memory
// that lie above either, as the buffers of an editor do.
//
//	vfs.Disk(".")                                     // as the program finds it
//	vfs.Of(fstest.MapFS{"app/config.json": …})        // nothing but memory
//	vfs.Disk(".").Under(map[string][]byte{file: new}) // unsaved text over the disk
//
// A Tree speaks of files by the paths that its caller writes, relative ones and
// those of Windows included; what lies below it is an fs.FS with names. Nothing
// is ever written.
package vfs

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// Tree is a file system whose files are called by path. With Disk that is a path
// as the operating system takes it; otherwise it is a name of the fs.FS, "." being
// its top.
type Tree struct {
	fsys fs.FS
	disk *disk // what tells paths and names apart; nil where they are the same
}

// Of is the files of fsys. Links are known as such where it is an fs.ReadLinkFS.
func Of(fsys fs.FS) *Tree { return &Tree{fsys: fsys} }

// Under is t with contents above it: files that are changed, or that only exist
// in memory, by path. A path that is a link means the file that it leads to.
func (t *Tree) Under(contents map[string][]byte) *Tree {
	if len(contents) == 0 {
		return t
	}
	above := newOverlay(t.fsys)
	for file, data := range contents {
		name, err := t.name("open", file)
		if err != nil {
			continue // no path of this file system is a file of it
		}
		if real, err := t.follow(".", name); err == nil || errors.Is(err, fs.ErrNotExist) {
			name = real
		}
		above.put(name, data)
	}
	return &Tree{fsys: above, disk: t.disk}
}

// name is what the fs.FS calls the file at a path.
func (t *Tree) name(op, file string) (string, error) {
	if t.disk != nil {
		return t.disk.name(op, file)
	}
	name := path.Clean(filepath.ToSlash(file))
	if !valid(name) {
		return "", &fs.PathError{Op: op, Path: file, Err: fs.ErrInvalid}
	}
	return name, nil
}

// valid is fs.ValidPath, but names of files may be in any encoding.
func valid(name string) bool { return fs.ValidPath(strings.ToValidUTF8(name, "?")) }

// path is how a caller would write the path of a name.
func (t *Tree) path(name string) string {
	if t.disk != nil && valid(name) {
		return t.disk.path(name)
	}
	return name
}

// Stat is what a path is, after all links.
func (t *Tree) Stat(file string) (fs.FileInfo, error) {
	name, err := t.name("stat", file)
	if err != nil {
		return nil, err
	}
	return fs.Stat(t.fsys, name)
}

// Exists reports whether there is something at a path.
func (t *Tree) Exists(file string) bool {
	_, err := t.Stat(file)
	return err == nil
}

// Named reports whether a path is in use: by what may be read, or by a link that
// leads nowhere.
func (t *Tree) Named(file string) bool {
	name, err := t.name("lstat", file)
	if err == nil {
		_, err = fs.Lstat(t.fsys, name)
	}
	return err == nil || t.Exists(file)
}

// IsDir reports whether a path is a folder, or a link to one.
func (t *Tree) IsDir(file string) bool {
	info, err := t.Stat(file)
	return err == nil && info.IsDir()
}

// ReadDir lists a folder by name.
func (t *Tree) ReadDir(dir string) ([]fs.DirEntry, error) {
	name, err := t.name("open", dir)
	if err != nil {
		return nil, err
	}
	return fs.ReadDir(t.fsys, name)
}

// ReadLink is where a link leads to, as it is written.
func (t *Tree) ReadLink(file string) (string, error) {
	name, err := t.name("readlink", file)
	if err != nil {
		return "", err
	}
	return fs.ReadLink(t.fsys, name)
}

// NotRead says why something at a path was not read.
type NotRead struct{ why string }

func (n *NotRead) Error() string { return n.why }

// ReadFile is the content of a regular file of at most limit bytes; what else
// there may be (a folder, a pipe, a disk image) is *NotRead.
func (t *Tree) ReadFile(file string, limit int64) ([]byte, error) {
	name, err := t.name("open", file)
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(t.fsys, name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &NotRead{"it is a folder"}
	case !info.Mode().IsRegular():
		return nil, &NotRead{"it is no regular file"}
	case info.Size() > limit:
		return nil, tooLarge(info.Size(), limit)
	}
	data, err := fs.ReadFile(t.fsys, name)
	if int64(len(data)) > limit { // it grew meanwhile
		return nil, tooLarge(int64(len(data)), limit)
	}
	return data, err
}

func tooLarge(size, limit int64) error {
	return &NotRead{fmt.Sprintf("it has %d MiB: more than the %d that are read as text", size>>20, limit>>20)}
}

// Walk is fs.WalkDir with paths: all below root, folder by folder, links not
// followed, except root itself.
func (t *Tree) Walk(root string, visit fs.WalkDirFunc) error {
	top, err := t.name("lstat", root)
	if err != nil {
		return visit(root, nil, err)
	}
	root = filepath.Clean(root)
	before := root + string(filepath.Separator)
	if root == "." {
		before = ""
	} else if strings.HasSuffix(root, string(filepath.Separator)) {
		before = root
	}
	skip := len(top) + len("/")
	if top == "." {
		skip = 0
	}
	return fs.WalkDir(t.fsys, top, func(name string, d fs.DirEntry, err error) error {
		if name == top {
			return visit(root, d, err)
		}
		return visit(before+filepath.FromSlash(name[skip:]), d, err)
	})
}

// Top reports whether dir is the top of the file system: no folder is above it.
func (t *Tree) Top(dir string) bool {
	name, err := t.name("stat", dir)
	return err != nil || name == "."
}

// Base is the name of a file or folder, also of "." and ".."; "" for the top.
func (t *Tree) Base(file string) string {
	if name, err := t.name("stat", file); err == nil && name != "." {
		return path.Base(name)
	}
	return ""
}
