package docker

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// placeholder reports whether a file keeps an empty folder in git, or was left
// by a file manager: images do not want those.
func placeholder(name string) bool { return name == ".gitkeep" || name == ".DS_Store" }

// readRootFS lists the folder dir as it goes to / of an image. Of a file's mode
// only "executable by its owner" counts; everything belongs to root. Symbolic
// links are kept; one that leads out of the folder is refused: project is the
// folder whose absolute paths mean nothing in an image.
func readRootFS(dir, project string) ([]entry, error) {
	var out []entry
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading rootfs: %w", err)
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil || rel == "." || placeholder(d.Name()) {
			return err
		}
		e, err := rootEntry(p, filepath.ToSlash(rel), project, d)
		if err != nil {
			return err
		}
		out = append(out, e)
		return nil
	})
	return out, err
}

func rootEntry(file, rel, project string, d fs.DirEntry) (entry, error) {
	e := entry{node: node{Path: rel}, from: file}
	if strings.HasPrefix(path.Base(rel), whiteout) {
		return e, &ContentError{fmt.Errorf("reading rootfs %q: names that start with %q delete files in an image", file, whiteout)}
	}
	info, err := d.Info()
	if err != nil {
		return e, fmt.Errorf("reading rootfs: %w", err)
	}
	switch info.Mode().Type() {
	case fs.ModeDir:
		e.Type, e.Mode = tar.TypeDir, 0o755
	case fs.ModeSymlink:
		e.Type, e.Mode = tar.TypeSymlink, 0o777
		e.Link, err = linkTarget(file, rel, project)
	case 0:
		e.Type, e.Mode, e.size = tar.TypeReg, 0o644, info.Size()
		if info.Mode()&0o100 != 0 {
			e.Mode = 0o755
		}
		e.open = func() (io.ReadCloser, error) { return os.Open(file) }
		e.stamp = fileStamp(info)
	default:
		err = &ContentError{fmt.Errorf("reading rootfs %q: %s cannot be part of an image", file, kindOf(info.Mode()))}
	}
	return e, err
}

// linkTarget reads a link. An absolute one means a path of the image.
func linkTarget(file, rel, project string) (string, error) {
	target, err := os.Readlink(file)
	if err != nil {
		return "", fmt.Errorf("reading rootfs: %w", err)
	}
	target = filepath.ToSlash(target)
	escapes := false
	if path.IsAbs(target) {
		escapes = project != "" && within(filepath.FromSlash(target), project)
	} else {
		joined := path.Join(path.Dir(rel), target)
		escapes = joined == ".." || strings.HasPrefix(joined, "../")
	}
	if escapes {
		return "", diag.WithHint(&ContentError{fmt.Errorf("reading rootfs %q: the link leads out of it, to %q", file, target)},
			"put the file itself there, or link to a path of the image")
	}
	return target, nil
}

func kindOf(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

// within reports whether file, once its links are followed, is dir or below it.
func within(file, dir string) bool {
	realFile, err := filepath.EvalSymlinks(file)
	if err != nil {
		realFile = filepath.Clean(file)
	}
	realDir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		realDir = filepath.Clean(dir)
	}
	rel, err := filepath.Rel(realDir, realFile)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
