package vfs

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Disk is the files of this machine, by paths relative to the working folder
// that there is now, or absolute ones. On Windows it is the volume that dir
// lies on.
func Disk(dir string) *Tree {
	d := &disk{}
	d.here, _ = os.Getwd() // relative paths then stay as they are, and cannot be read
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	d.top = filepath.VolumeName(abs) + string(filepath.Separator)
	if name, err := d.name("stat", "."); err == nil {
		d.hereName = name
	}
	return &Tree{fsys: d, disk: d}
}

// disk is an fs.FS of a whole volume. What lies below the working folder is
// opened by a relative path: folders above may be closed to us.
type disk struct {
	top      string // what absolute paths begin with
	here     string // the working folder
	hereName string // its name; "" where it has none
}

// name is the name of what lies at a path.
func (d *disk) name(op, file string) (string, error) {
	abs := file
	switch {
	case filepath.IsAbs(file):
		abs = filepath.Clean(file)
	case file != "" && (os.IsPathSeparator(file[0]) || filepath.VolumeName(file) != ""): // half of one, on Windows
		var err error
		if abs, err = filepath.Abs(file); err != nil {
			return "", err
		}
	default:
		abs = filepath.Join(d.here, file)
	}
	if !filepath.IsAbs(abs) || !strings.EqualFold(abs[:min(len(abs), len(d.top))], d.top) {
		return abs, &fs.PathError{Op: op, Path: file, Err: fs.ErrInvalid}
	}
	if len(abs) == len(d.top) {
		return ".", nil
	}
	return filepath.ToSlash(abs[len(d.top):]), nil
}

// path is where a name lies.
func (d *disk) path(name string) string {
	switch {
	case d.hereName == "" || d.hereName == ".":
	case name == d.hereName:
		return "."
	case below(name, d.hereName):
		return filepath.FromSlash(name[len(d.hereName)+1:])
	}
	if name == "." {
		return d.top
	}
	return d.top + filepath.FromSlash(name)
}

// checked is path of a name that may be any string.
func (d *disk) checked(op, name string) (string, error) {
	if !valid(name) {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return d.path(name), nil
}

func (d *disk) Open(name string) (fs.File, error) {
	file, err := d.checked("open", name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d *disk) Stat(name string) (fs.FileInfo, error) {
	file, err := d.checked("stat", name)
	if err != nil {
		return nil, err
	}
	return os.Stat(file)
}

func (d *disk) Lstat(name string) (fs.FileInfo, error) {
	file, err := d.checked("lstat", name)
	if err != nil {
		return nil, err
	}
	return os.Lstat(file)
}

func (d *disk) ReadFile(name string) ([]byte, error) {
	file, err := d.checked("open", name)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

func (d *disk) ReadDir(name string) ([]fs.DirEntry, error) {
	file, err := d.checked("open", name)
	if err != nil {
		return nil, err
	}
	return os.ReadDir(file)
}

func (d *disk) ReadLink(name string) (string, error) {
	file, err := d.checked("readlink", name)
	if err != nil {
		return "", err
	}
	return os.Readlink(file)
}
