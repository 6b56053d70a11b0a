package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/scaffold"
)

// free tells why a file must not be written: it is there, or a folder is.
func free(file string, force bool) error {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Lstat(file) // a link that leads nowhere
	}
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("writing %q: it is a folder", file)
	case err == nil && info.Mode().Type()&^fs.ModeSymlink == 0 && !force:
		return diag.WithHint(fmt.Errorf("writing %q: it %w", file, scaffold.ErrExists), "--force replaces it")
	}
	return nil // what else there is, writing tells
}

// replaceFile writes a file by a temporary name and a rename: wholly, or not at all.
// A link stays one, what it leads to is written. Devices and pipes are no files
// that could be replaced: they are written to.
func replaceFile(file string, mode fs.FileMode, write func(io.Writer) error) error {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return writeInto(file, write)
	}
	f, err := renameio.NewPendingFile(file, renameio.WithPermissions(mode))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if err := write(f); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

func writeInto(file string, write func(io.Writer) error) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// bytesTo is data for replaceFile.
func bytesTo(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}
