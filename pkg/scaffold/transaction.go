package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/appimg/appimg/pkg/diag"
)

// transaction is a set of files on the way: staged beside their places, then
// committed by renaming.
type transaction struct {
	root    string
	staged  []stagedFile
	folders []string // made on the way, outermost first
}

type stagedFile struct {
	edit      Edit
	file      string // what is replaced: never a link, but what it leads to
	temp      string
	committed bool
}

func (t *transaction) stage(e Edit) error {
	file := filepath.Join(t.root, filepath.FromSlash(e.Path))
	if err := unchanged(e, file); err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	if err := t.mkdirs(filepath.Dir(file)); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".appimg-*")
	if err != nil {
		return err
	}
	t.staged = append(t.staged, stagedFile{edit: e, file: file, temp: temp.Name()})
	_, err = temp.Write(e.New)
	return errors.Join(err, temp.Chmod(e.Mode), temp.Close())
}

func unchanged(e Edit, file string) error {
	now, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !e.Exists:
		return nil
	case err != nil:
		return err
	case !e.Exists:
		return fmt.Errorf("it %w", ErrExists)
	case !bytes.Equal(now, e.Old):
		return diag.WithHint(errors.New("it has changed meanwhile"), "run the command again")
	}
	return nil
}

// mkdirs makes dir and remembers what was not there.
func (t *transaction) mkdirs(dir string) error {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		missing = append(missing, d)
	}
	for _, d := range slices.Backward(missing) {
		if err := os.Mkdir(d, 0o755); err != nil {
			return err
		}
		t.folders = append(t.folders, d)
	}
	return nil
}

func (s *stagedFile) commit() error {
	if err := os.Rename(s.temp, s.file); err != nil {
		return err
	}
	s.committed = true
	return nil
}

// rollback undoes everything: files that were replaced get their old text
// again, others and the folders made for them go.
func (t *transaction) rollback() error {
	var errs []error
	for _, s := range slices.Backward(t.staged) {
		errs = append(errs, s.undo())
	}
	for _, d := range slices.Backward(t.folders) {
		errs = append(errs, os.Remove(d))
	}
	return errors.Join(errs...)
}

func (s *stagedFile) undo() error {
	switch {
	case !s.committed:
		return os.Remove(s.temp)
	case !s.edit.Exists:
		return os.Remove(s.file)
	}
	if err := os.WriteFile(s.file, s.edit.Old, s.edit.Mode); err != nil {
		return fmt.Errorf("putting %q back: %w", s.edit.Path, err)
	}
	return nil
}
