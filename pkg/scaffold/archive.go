package scaffold

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/dsnet/compress/bzip2"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"

	"github.com/appimg/appimg/pkg/diag"
)

// Archive is the form of an upload archive.
type Archive string

// The forms that the platform takes (platform guide, section 1).
const (
	TarGz  Archive = "tar.gz"
	TarBz2 Archive = "tar.bz2"
	Tar    Archive = "tar"
	Zip    Archive = "zip"
)

// ArchiveOf is the form that a file's ending asks for.
func ArchiveOf(file string) (Archive, error) {
	name := strings.ToLower(file)
	for _, e := range []struct {
		ending string
		form   Archive
	}{
		{".tar.gz", TarGz}, {".tgz", TarGz}, {".tar.bz2", TarBz2}, {".tar.bz", TarBz2}, {".tbz2", TarBz2}, {".tbz", TarBz2},
		{".tar", Tar}, {".zip", Zip},
	} {
		if strings.HasSuffix(name, e.ending) {
			return e.form, nil
		}
	}
	return "", diag.WithHint(fmt.Errorf("naming archive %q: its ending tells no form", file), "it ends in .tar.gz, .zip, .tar or .tar.bz2")
}

// stamp is the time of all that is in an archive: the first that a zip can tell.
func stamp() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

// Write writes files as an archive of this form, with an entry for each folder
// before what is in it. The same files give the same bytes, anywhere: times,
// owners and modes are fixed, and the compressors are those of go.mod, not of
// the Go release at hand.
func (a Archive) Write(w io.Writer, files []File) error {
	var err error
	switch a {
	case TarGz:
		err = writeTarGz(w, files)
	case TarBz2:
		err = writeTarBz2(w, files)
	case Tar:
		err = writeTar(w, files)
	case Zip:
		err = writeZip(w, files)
	default:
		err = errors.New("no such form")
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", a, err)
	}
	return nil
}

func writeTarGz(w io.Writer, files []File) error {
	zw, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	return errors.Join(writeTar(zw, files), zw.Close())
}

func writeTarBz2(w io.Writer, files []File) error {
	zw, err := bzip2.NewWriter(w, &bzip2.WriterConfig{Level: bzip2.BestCompression})
	if err != nil {
		return err
	}
	return errors.Join(writeTar(zw, files), zw.Close())
}

func writeTar(w io.Writer, files []File) error {
	tw := tar.NewWriter(w)
	for _, f := range withFolders(files) {
		h := &tar.Header{
			Format: tar.FormatUSTAR, Name: f.Path, ModTime: stamp(), Mode: int64(f.Mode.Perm()),
			Typeflag: tar.TypeReg, Size: int64(len(f.Data)),
		}
		if f.Mode.IsDir() {
			h.Typeflag = tar.TypeDir
		}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		if _, err := tw.Write(f.Data); err != nil {
			return err
		}
	}
	return tw.Close()
}

func writeZip(w io.Writer, files []File) error {
	zw := zip.NewWriter(w)
	for _, f := range withFolders(files) {
		h := &zip.FileHeader{Name: f.Path, Method: zip.Deflate, Modified: stamp()}
		if f.Mode.IsDir() {
			h.Method = zip.Store
		}
		h.SetMode(f.Mode)
		entry, err := zw.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.Data); err != nil {
			return err
		}
	}
	return zw.Close()
}

// withFolders puts each folder before the first file in it.
func withFolders(files []File) []File {
	var out []File
	seen := map[string]bool{".": true}
	for _, f := range files {
		for _, dir := range foldersOf(f.Path) {
			if !seen[dir] {
				seen[dir] = true
				out = append(out, File{Path: dir + "/", Mode: fs.ModeDir | 0o755})
			}
		}
		out = append(out, f)
	}
	return out
}

// foldersOf are the folders that a path lies in, outermost first.
func foldersOf(name string) []string {
	dir := path.Dir(name)
	if dir == "." || dir == "/" {
		return nil
	}
	return append(foldersOf(dir), dir)
}
