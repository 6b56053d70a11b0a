package app

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/app/vfs"
	"github.com/appimg/appimg/pkg/diag"
)

// maxText bounds the files that are read as text: config.json,
// cluster.json.mustache, appimg.toml, template resources and templates.
const maxText = 8 << 20

// files reads what lies below a folder, and nothing outside of it.
type files struct {
	*vfs.Tree
	room *vfs.Room
}

func filesIn(tree *vfs.Tree, root string) *files { return &files{tree, tree.Room(root)} }

// FileError says why a file of an app cannot be read.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("reading %q: %v", e.Path, e.Err) }

// Unwrap returns the reason.
func (e *FileError) Unwrap() error { return e.Err }

// read is the content of a file; a link that leads out of the folder is refused.
func (f *files) read(path string) ([]byte, error) {
	real, err := f.inside(path)
	if err != nil {
		return nil, err
	}
	data, err := f.ReadFile(real, maxText)
	if err != nil {
		return nil, &FileError{path, diag.Reason(err)}
	}
	return data, nil
}

// inside is path after all links; an error if that is outside of the folder.
func (f *files) inside(path string) (string, error) {
	real, err := f.room.Inside(path)
	if err == nil {
		return real, nil
	}
	var leaves *vfs.Leaves
	if errors.As(err, &leaves) {
		return "", diag.WithHint(&FileError{path, leaves}, "copy the file into the project: an image is built from the project alone")
	}
	if to, notLink := f.ReadLink(path); notLink == nil && errors.Is(err, fs.ErrNotExist) {
		return "", &FileError{path, fmt.Errorf("it is a link to %q, which is not there", to)}
	}
	return "", &FileError{path, diag.Reason(err)}
}

// CheckText refuses what the platform's tools cannot read as text: a byte
// order mark, UTF-16, bytes that are not UTF-8. The error has the place and a hint.
func CheckText(file string, data []byte) error { return jsondoc.CheckText(file, data) }
