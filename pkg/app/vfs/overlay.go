package vfs

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// overlay is a file system with contents in memory above it. It takes names as
// they are: a link below it to a file in memory is followed by Room.
type overlay struct {
	below fs.FS
	files map[string][]byte
	dirs  map[string]map[string]bool // folder → names in it that lead to files in memory
}

func newOverlay(below fs.FS) *overlay {
	return &overlay{below, map[string][]byte{}, map[string]map[string]bool{}}
}

func (o *overlay) put(name string, data []byte) {
	o.files[name] = data
	for name != "." {
		dir := path.Dir(name)
		if o.dirs[dir] == nil {
			o.dirs[dir] = map[string]bool{}
		}
		o.dirs[dir][path.Base(name)] = true
		name = dir
	}
}

// own is what memory says about a name; ok is false where it says nothing.
func (o *overlay) own(name string) (info fs.FileInfo, ok bool) {
	data, isFile := o.files[name]
	switch {
	case isFile:
		made := entry{name: path.Base(name), size: int64(len(data)), mode: 0o644}
		if old, err := fs.Stat(o.below, name); err == nil && old.Mode().IsRegular() {
			made.mode, made.time = old.Mode(), old.ModTime() // a script in an editor is a script
		}
		return made, true
	case o.dirs[name] != nil:
		if old, err := fs.Stat(o.below, name); err == nil && old.IsDir() {
			return old, true
		}
		return entry{name: path.Base(name), mode: fs.ModeDir | 0o755}, true
	}
	return nil, false
}

func (o *overlay) Stat(name string) (fs.FileInfo, error) {
	if info, ok := o.own(name); ok {
		return info, nil
	}
	return fs.Stat(o.below, name)
}

func (o *overlay) Lstat(name string) (fs.FileInfo, error) {
	if info, ok := o.own(name); ok {
		return info, nil
	}
	return fs.Lstat(o.below, name)
}

func (o *overlay) ReadLink(name string) (string, error) {
	if _, ok := o.own(name); ok {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return fs.ReadLink(o.below, name)
}

func (o *overlay) ReadFile(name string) ([]byte, error) {
	if data, ok := o.files[name]; ok {
		return bytes.Clone(data), nil
	}
	return fs.ReadFile(o.below, name)
}

func (o *overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	made := o.dirs[name]
	if made == nil {
		return fs.ReadDir(o.below, name)
	}
	entries, err := fs.ReadDir(o.below, name)
	if info, statErr := fs.Stat(o.below, name); statErr != nil || !info.IsDir() {
		entries, err = nil, nil // the folder is there in memory alone
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return made[e.Name()] })
	for base := range made {
		if info, ok := o.own(path.Join(name, base)); ok {
			entries = append(entries, fs.FileInfoToDirEntry(info))
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

func (o *overlay) Open(name string) (fs.File, error) {
	info, ok := o.own(name)
	if !ok {
		return o.below.Open(name)
	}
	if !info.IsDir() {
		return &openFile{info, bytes.NewReader(o.files[name])}, nil
	}
	entries, err := o.ReadDir(name)
	if err != nil {
		return nil, err
	}
	return &openDir{info, name, entries}, nil
}

// entry is a file or folder in memory.
type entry struct {
	name string
	size int64
	mode fs.FileMode
	time time.Time
}

func (e entry) Name() string       { return e.name }
func (e entry) Size() int64        { return e.size }
func (e entry) Mode() fs.FileMode  { return e.mode }
func (e entry) ModTime() time.Time { return e.time }
func (e entry) IsDir() bool        { return e.mode.IsDir() }
func (e entry) Sys() any           { return nil }

type openFile struct {
	info fs.FileInfo
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	info fs.FileInfo
	name string
	rest []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }

func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: fs.ErrInvalid}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(d.rest)
	} else if len(d.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.rest))
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out, nil
}
