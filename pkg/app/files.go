package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

// maxText bounds the files that are read as text: config.json,
// cluster.json.mustache, appimg.toml, template resources and templates.
const maxText = 8 << 20

// files reads what lies below root, and nothing outside of it.
type files struct {
	root    string
	overlay map[string][]byte
}

// FileError says why a file of an app cannot be read.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("reading %q: %v", e.Path, e.Err) }

// Unwrap returns the reason.
func (e *FileError) Unwrap() error { return e.Err }

// read is the content of a file; a link that leads out of root is refused.
func (f *files) read(path string) ([]byte, error) {
	if data, ok := f.overlay[path]; ok {
		return data, nil
	}
	info, err := f.inside(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		err = errors.New("it is a folder")
	case !info.Mode().IsRegular():
		err = errors.New("it is no regular file")
	case info.Size() > maxText:
		err = fmt.Errorf("it has %d MiB: more than the %d that are read as text", info.Size()>>20, maxText>>20)
	}
	if err != nil {
		return nil, &FileError{path, err}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &FileError{path, diag.Reason(err)}
	}
	return data, nil
}

// inside is what path is after all links; an error if that is outside of root.
func (f *files) inside(path string) (fs.FileInfo, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, &FileError{path, diag.Reason(err)}
	}
	root, err := filepath.EvalSymlinks(f.root)
	if err != nil {
		return nil, &FileError{f.root, diag.Reason(err)}
	}
	if rel, err := relative(root, real); err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		err := &FileError{path, fmt.Errorf("it is a link to %q, outside of the project", real)}
		return nil, diag.WithHint(err, "copy the file into the project: an image is built from the project alone")
	}
	info, err := os.Stat(real)
	if err != nil {
		return nil, &FileError{path, diag.Reason(err)}
	}
	return info, nil
}

// relative is filepath.Rel, where one may be relative and the other not.
func relative(base, target string) (string, error) {
	base, err := filepath.Abs(base)
	if err != nil {
		return "", err
	}
	target, err = filepath.Abs(target)
	if err != nil {
		return "", err
	}
	return filepath.Rel(base, target)
}

func (f *files) exists(path string) bool {
	if _, ok := f.overlay[path]; ok {
		return true
	}
	_, err := os.Stat(path)
	return err == nil
}

func (f *files) isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// CheckText refuses what the platform's tools cannot read as text: a byte
// order mark, UTF-16, bytes that are not UTF-8. The error has the place and a hint.
func CheckText(file string, data []byte) error { return jsondoc.CheckText(file, data) }
