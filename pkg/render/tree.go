package render

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/textdiff"
)

// Place is where f lies in a folder of rendered files: <node>/<dest>, or
// <dest> alone without perNode. Whatever dest says, it stays in the folder.
func (f *File) Place(perNode bool) string {
	dest := strings.ReplaceAll(f.Dest, `\`, "/")
	if len(dest) > 1 && dest[1] == ':' { // C:/… on Windows
		dest = dest[:1] + dest[2:]
	}
	dest = path.Clean("/" + dest)
	if perNode {
		dest = path.Join("/", f.Node, dest)
	}
	return filepath.FromSlash(dest[1:])
}

// ErrDiffers is that Write would replace a file.
var ErrDiffers = errors.New("it is there with another content")

// Write puts the files that rendered into dir, each by a temporary name and a
// rename. A file that is there with another content is not replaced without
// force (ErrDiffers): then nothing is written at all. Links in dir that lead out of
// it are not followed. It returns the paths written.
func Write(dir string, files []File, perNode, force bool) ([]string, error) {
	if !force {
		if err := refuseReplacing(dir, files, perNode); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("writing %q: %w", dir, diag.Reason(err))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("writing %q: %w", dir, diag.Reason(err))
	}
	defer root.Close()
	var written []string
	for i := range files {
		if files[i].Err != nil {
			continue
		}
		place := files[i].Place(perNode)
		name := filepath.Join(dir, place)
		if err := writeOne(root, place, &files[i]); err != nil {
			return written, fmt.Errorf("writing %q: %w", name, diag.Reason(err))
		}
		written = append(written, name)
	}
	return written, nil
}

// writeOne does not wait for the disk: a rendering is made again in a moment.
func writeOne(root *os.Root, place string, f *File) error {
	mode, err := strconv.ParseUint(f.Mode, 8, 32)
	if err != nil {
		return err
	}
	if err := root.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(place), ".appimg-"+rand.Text())
	tmp, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = tmp.Write(f.Content)
	err = errors.Join(err, tmp.Chmod(fs.FileMode(mode)), tmp.Close())
	if err == nil {
		err = root.Rename(temp, place)
	}
	if err != nil {
		return errors.Join(err, root.Remove(temp))
	}
	return nil
}

func refuseReplacing(dir string, files []File, perNode bool) error {
	for i := range files {
		if files[i].Err != nil {
			continue
		}
		name := filepath.Join(dir, files[i].Place(perNode))
		old, err := os.ReadFile(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("writing %q: %w", name, diag.Reason(err))
		case !bytes.Equal(old, files[i].Content):
			return diag.WithHint(fmt.Errorf("writing %q: %w", name, ErrDiffers),
				"--force replaces it; --diff %s shows what would change", dir)
		}
	}
	return nil
}

// Diff compares the files that rendered with those in dir, laid out as Write
// lays them: a unified diff for each that differs, from the old to the rendered.
func Diff(dir string, files []File, perNode bool) ([]byte, error) {
	var out bytes.Buffer
	for i := range files {
		if files[i].Err != nil {
			continue
		}
		name := filepath.Join(dir, files[i].Place(perNode))
		old, err := os.ReadFile(name)
		label := name
		if errors.Is(err, fs.ErrNotExist) {
			label = os.DevNull
		} else if err != nil {
			return nil, fmt.Errorf("comparing with %q: %w", name, diag.Reason(err))
		}
		if label == os.DevNull && len(files[i].Content) == 0 {
			fmt.Fprintf(&out, "only rendered, and empty: %s\n", files[i].Place(perNode))
		}
		out.WriteString(textdiff.Unified(label, files[i].Place(perNode), old, files[i].Content))
	}
	return out.Bytes(), nil
}
