package agent

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
)

// Name is the top folder of the published layout: "app-agent-linux-<arch>", or
// "app-agent-windows-386".
func (b Bundle) Name() string { return "app-agent-" + platform(b.Arch) }

// ArchiveName is what the platform calls the file: Name with .tar.gz, or .zip for Windows.
func (b Bundle) ArchiveName() string { return archiveName(b.Arch) }

func archiveName(arch string) string {
	if arch == WindowsArch {
		return "app-agent-" + arch + ".zip"
	}
	return "app-agent-" + platform(arch) + ".tar.gz"
}

// WriteArchive writes b as the platform publishes it, below one top folder: a
// tar.gz with install.sh, check-distro.sh, exec.sh, bin, config and distros; for
// Windows a zip with install.bat, bin and confd. The same bundle gives the same bytes.
func (b Bundle) WriteArchive(w io.Writer) error {
	if b.Windows() {
		return b.writeZip(w)
	}
	zw, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	tw := tar.NewWriter(zw)
	written := map[string]bool{}
	for _, f := range b.archived() {
		if err := writeMember(tw, written, path.Join(b.Name(), f.Path), f); err != nil {
			return fmt.Errorf("writing %q of the agent bundle: %w", f.Path, err)
		}
	}
	return errors.Join(tw.Close(), zw.Close())
}

// writeZip writes the members with a date that is nobody's: the first that a
// zip can have.
func (b Bundle) writeZip(w io.Writer) error {
	zw := zip.NewWriter(w)
	for _, f := range b.archivedForWindows() {
		h := &zip.FileHeader{Name: path.Join(b.Name(), f.Path), Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		h.SetMode(f.Mode)
		member, err := zw.CreateHeader(h)
		if err == nil {
			_, err = member.Write(f.Data)
		}
		if err != nil {
			return fmt.Errorf("writing %q of the agent bundle: %w", f.Path, err)
		}
	}
	return zw.Close()
}

// archived is the content of the archive, by path below the top folder.
func (b Bundle) archived() []File {
	sysv, openrc := text("service/sysv"), text("service/openrc")
	out := []File{
		file("install.sh", 0o755, text("bundle/install.sh")),
		file("check-distro.sh", 0o755, text("bundle/check-distro.sh")),
		file("exec.sh", 0o755, b.exec),
		file("bin/confd", 0o755, b.confd),
		file("config/cmd.info.toml", 0o644, b.infoToml),
		file("config/cmd.info.tmpl", 0o644, b.infoTmpl),
		file("config/app-agent", 0o644, text("etc/app-agent.logrotate")),
		file("distros/openrc/confd", 0o755, openrc),
		file("distros/systemd/confd.service", 0o644, text("service/confd.service")),
		file("distros/upstart/confd.conf", 0o644, text("service/confd.upstart")),
	}
	for _, distro := range []string{"ubuntu", "debian", "centos/6", "centos/7", "fedora", "opensuse", "sysv"} {
		out = append(out, file("distros/"+distro+"/confd", 0o755, sysv))
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return out
}

func writeMember(tw *tar.Writer, written map[string]bool, name string, f File) error {
	if dir := path.Dir(name); dir != "." && !written[dir] {
		if err := writeMember(tw, written, dir, File{Mode: fs.ModeDir | 0o755}); err != nil {
			return err
		}
		written[dir] = true
	}
	h := &tar.Header{Format: tar.FormatUSTAR, Name: name, Mode: int64(f.Mode.Perm()), Size: int64(len(f.Data)), Typeflag: tar.TypeReg}
	if f.Mode.IsDir() {
		h.Name, h.Typeflag = name+"/", tar.TypeDir
	}
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	_, err := tw.Write(f.Data)
	return err
}
