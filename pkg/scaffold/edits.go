package scaffold

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/textdiff"
)

// Edit is the change of one file.
type Edit struct {
	Path   string // slash-separated, below the project's folder
	Exists bool   // whether the file is there already
	Old    []byte
	New    []byte
	Mode   fs.FileMode // of the result
}

// Changed reports whether the file will be another one.
func (e Edit) Changed() bool { return !e.Exists || !bytes.Equal(e.Old, e.New) }

// Edits are changes that belong together.
type Edits []Edit

// Changed lists the edits that change their file.
func (e Edits) Changed() Edits {
	return slices.DeleteFunc(slices.Clone(e), func(e Edit) bool { return !e.Changed() })
}

// Diff is the unified diff of all edits, in path order.
func (e Edits) Diff() string {
	sorted := slices.SortedFunc(slices.Values(e), func(a, b Edit) int { return strings.Compare(a.Path, b.Path) })
	var s strings.Builder
	for _, edit := range sorted {
		from := "a/" + edit.Path
		if !edit.Exists {
			from = "/dev/null"
		}
		s.WriteString(textdiff.Unified(from, "b/"+edit.Path, edit.Old, edit.New))
	}
	return s.String()
}

// Apply makes all edits below root, or none: each new text is written beside its
// file first, then all are renamed; what was renamed is put back if one of them
// cannot be. A file that has changed since it was read is an error.
func (e Edits) Apply(ctx context.Context, root string) (err error) {
	t := &transaction{root: root}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.rollback())
		}
	}()
	for _, edit := range e.Changed() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.stage(edit); err != nil {
			return fmt.Errorf("writing %q: %w", edit.Path, diag.Reason(err))
		}
	}
	for i := range t.staged {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.staged[i].commit(); err != nil {
			return fmt.Errorf("writing %q: %w", t.staged[i].edit.Path, diag.Reason(err))
		}
	}
	return nil
}

// read is the edit of a file that changes nothing yet.
func read(root, name string) (Edit, error) {
	file := filepath.Join(root, filepath.FromSlash(name))
	e := Edit{Path: name, Mode: 0o644}
	if err := insideOnly(root, file); err != nil {
		return e, fmt.Errorf("reading %q: %w", name, diag.Reason(err))
	}
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err == nil {
		e.Exists, e.Mode = true, info.Mode().Perm()
		e.Old, err = os.ReadFile(file)
	}
	if err != nil {
		return e, fmt.Errorf("reading %q: %w", name, diag.Reason(err))
	}
	e.New = e.Old
	return e, nil
}

// insideOnly refuses a file that a symbolic link leads out of the project.
func insideOnly(root, file string) error {
	real, err := filepath.EvalSymlinks(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	target, err := existing(file)
	if err != nil {
		return err
	}
	return within(real, target)
}

// Behind is the file that one of the project leads to, over symbolic links or
// none: what is to be written in its stead. It is refused outside root.
func Behind(root, file string) (string, error) {
	real, err := realPath(root)
	if err != nil {
		return "", err
	}
	target, err := realPath(file)
	if err != nil {
		return "", err
	}
	return target, within(real, target)
}

// realPath is absolute, since a relative path and one from an absolute link cannot be compared.
func realPath(file string) (string, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(file)
}

// within takes real paths.
func within(root, target string) error {
	if rel, err := filepath.Rel(root, target); err != nil || !filepath.IsLocal(rel) {
		return diag.WithHint(fmt.Errorf("a symbolic link leads out of the project, to %q", target), "put the file itself into the project")
	}
	return nil
}

// existing is the real path of file, or of the deepest folder above it that is there.
func existing(file string) (string, error) {
	for {
		real, err := filepath.EvalSymlinks(file)
		if !errors.Is(err, fs.ErrNotExist) {
			return real, err
		}
		if _, err := os.Lstat(file); err == nil {
			return "", fmt.Errorf("%q is a symbolic link to nothing", path.Base(filepath.ToSlash(file)))
		}
		file = filepath.Dir(file)
	}
}
