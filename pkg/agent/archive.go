package agent

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/appimg/appimg/pkg/diag"
)

// maxArchiveLen bounds what an archive may unpack to, in bytes.
const maxArchiveLen = 256 << 20

// Name is the top folder of the published layout: "app-agent-linux-<arch>".
func (b Bundle) Name() string { return "app-agent-linux-" + b.Arch }

// WriteArchive writes b as the tar.gz that the platform publishes: one top
// folder with install.sh, check-distro.sh, exec.sh, bin, config and distros.
// The same bundle gives the same bytes.
func (b Bundle) WriteArchive(w io.Writer) error {
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

// Open reads a bundle in the published layout from a tar.gz file.
func Open(file, arch string) (Bundle, error) {
	f, err := os.Open(file)
	if err != nil {
		return Bundle{}, fmt.Errorf("opening the agent bundle %q: %w", file, diag.Reason(err))
	}
	defer f.Close()
	return ReadArchive(f, file, arch)
}

// ReadArchive reads a bundle in the published layout; source is what errors
// and ID call it. Nothing is written anywhere, and the size is bounded. Only
// plain files count: a link in place of one is as if it were not there.
func ReadArchive(r io.Reader, source, arch string) (Bundle, error) {
	b, err := readArchive(r, arch)
	b.Source = path.Base(source)
	if err != nil {
		return Bundle{}, fmt.Errorf("reading the agent bundle %q: %w", source, err)
	}
	return b, nil
}

func readArchive(r io.Reader, arch string) (Bundle, error) {
	b := Bundle{Arch: arch}
	want := map[string]*[]byte{
		"bin/confd": &b.confd, "exec.sh": &b.exec,
		"config/cmd.info.toml": &b.infoToml, "config/cmd.info.tmpl": &b.infoTmpl,
	}
	zr, err := gzip.NewReader(r)
	if err != nil {
		return b, diag.WithHint(err, "an agent bundle is the tar.gz that the platform publishes, or that \"appimg agent bundle\" writes")
	}
	limited := &io.LimitedReader{R: zr, N: maxArchiveLen}
	tr := tar.NewReader(limited)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if limited.N <= 0 {
				err = fmt.Errorf("unpacks to more than %d bytes", int64(maxArchiveLen))
			}
			return b, err
		}
		_, below, _ := strings.Cut(strings.TrimPrefix(path.Clean(h.Name), "/"), "/")
		if dst := want[below]; dst != nil && h.Typeflag == tar.TypeReg {
			if *dst, err = readLimited(tr, maxConfdLen); err != nil {
				return b, fmt.Errorf("%s: %w", h.Name, err)
			}
		}
	}
	for _, name := range []string{"bin/confd", "exec.sh", "config/cmd.info.toml", "config/cmd.info.tmpl"} {
		if len(*want[name]) == 0 {
			return b, fmt.Errorf("%s is missing in it", name)
		}
	}
	return b, checkProgram(b.confd, arch)
}

// checkProgram refuses a daemon that could never start on arch.
func checkProgram(confd []byte, arch string) error {
	f, err := elf.NewFile(bytes.NewReader(confd))
	if err != nil {
		return fmt.Errorf("bin/confd is no Linux program: %w", err)
	}
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	if want, ok := machines[arch]; !ok || f.Machine != want {
		return fmt.Errorf("bin/confd is a program for %s, not for %s", f.Machine, arch)
	}
	return nil
}
