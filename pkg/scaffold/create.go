package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/appimg/appimg/pkg/diag"
)

// ErrExists says that something would be overwritten.
var ErrExists = errors.New("already exists")

// existsAt is ErrExists about what stands at pos.
func existsAt(pos diag.Pos) error { return diag.Errorf(pos, "it %w", ErrExists) }

// Create writes files as the folder dir, wholly or not at all: they are written
// to a temporary folder beside it, which is then renamed. Into a folder that is
// there they go one by one, as Edits.Apply does it; if it is not empty that is
// an error (ErrExists) unless force is given, and its other files stay.
func Create(ctx context.Context, dir string, files []File, force bool) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return createNew(ctx, dir, files)
	case err != nil:
		return fmt.Errorf("creating %q: %w", dir, diag.Reason(err))
	case len(entries) > 0 && !force:
		return diag.WithHint(fmt.Errorf("creating %q: it %w and is not empty", dir, ErrExists), "choose another name, or --force to replace its files")
	}
	edits, err := editsOf(dir, files)
	if err != nil {
		return err
	}
	return edits.Apply(ctx, dir)
}

func createNew(ctx context.Context, dir string, files []File) (err error) {
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("creating %q: %w", dir, diag.Reason(err))
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-")
	if err != nil {
		return fmt.Errorf("creating %q: %w", dir, diag.Reason(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := writeNew(filepath.Join(temp, filepath.FromSlash(f.Path)), f.Data, f.Mode); err != nil {
			return fmt.Errorf("creating %q: %w", dir, diag.Reason(err))
		}
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return fmt.Errorf("creating %q: %w", dir, diag.Reason(err))
	}
	if err := os.Rename(temp, dir); err != nil {
		return fmt.Errorf("creating %q: %w", dir, diag.Reason(err))
	}
	return nil
}

// writeNew writes a file that is not there yet, with its folders and exactly
// this mode, whatever the umask.
func writeNew(path string, data []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Chmod(mode), f.Close())
}

// editsOf are the edits that turn what is in dir into files.
func editsOf(dir string, files []File) (Edits, error) {
	var edits Edits
	for _, f := range files {
		e, err := read(dir, f.Path)
		if err != nil {
			return nil, err
		}
		e.New, e.Mode = f.Data, f.Mode
		edits = append(edits, e)
	}
	return edits, nil
}
