package agent

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"debug/pe"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"

	"github.com/appimg/appimg/pkg/diag"
)

const (
	maxArchiveLen = 256 << 20 // what an archive may unpack to, in bytes
	maxMembers    = 10000     // what a zip may hold: each costs memory before any is read
)

// Open reads a bundle in the published layout from a tar.gz or zip file.
func Open(file, arch string) (Bundle, error) {
	f, err := os.Open(file)
	if err != nil {
		return Bundle{}, fmt.Errorf("opening the agent bundle %q: %w", file, diag.Reason(err))
	}
	defer f.Close()
	return ReadArchive(f, file, arch)
}

// ReadArchive reads a bundle in the published layout, a tar.gz or a zip; source
// is what errors and ID call it. Nothing is written anywhere, and the size is
// bounded. Only plain files count: a link in place of one is as if it were not
// there. An archive with a name that leaves its folder is refused.
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
	data, err := readLimited(r, maxDownload)
	if err != nil {
		return b, err
	}
	walk := eachOfTar
	if bytes.HasPrefix(data, []byte("PK")) {
		walk = eachOfZip
	}
	want := b.wanted()
	err = walk(data, func(name string, plain bool, open func() (io.ReadCloser, error)) error {
		below, err := belowTop(name)
		if err != nil {
			return err
		}
		dst := want(below)
		if dst == nil || !plain {
			return nil
		}
		if *dst != nil {
			return fmt.Errorf("%q is in it twice", name)
		}
		if *dst, err = readMember(open); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	if err != nil {
		return b, err
	}
	return b, b.whole()
}

// each hears of every member of an archive; plain is that it is a file.
type each func(name string, plain bool, open func() (io.ReadCloser, error)) error

func eachOfTar(data []byte, visit each) error {
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return diag.WithHint(err, "an agent bundle is the tar.gz or zip that the platform publishes, or that \"appimg agent bundle\" writes")
	}
	limited := &io.LimitedReader{R: zr, N: maxArchiveLen}
	tr := tar.NewReader(limited)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = visit(h.Name, h.Typeflag == tar.TypeReg, func() (io.ReadCloser, error) { return io.NopCloser(tr), nil })
		} else if limited.N <= 0 {
			err = fmt.Errorf("unpacks to more than %d bytes", int64(maxArchiveLen))
		}
		if err != nil {
			return err
		}
	}
}

func eachOfZip(data []byte, visit each) error {
	if n := bytes.Count(data, []byte("PK\x01\x02")); n > maxMembers {
		return fmt.Errorf("it has %d members, more than %d", n, maxMembers)
	}
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for _, f := range zr.File {
		// Some programs of Windows write their own separators.
		if err := visit(strings.ReplaceAll(f.Name, `\`, "/"), f.Mode().IsRegular(), f.Open); err != nil {
			return err
		}
	}
	return nil
}

// belowTop is a member's name without the top folder.
func belowTop(name string) (string, error) {
	clean := path.Clean(name)
	top, below, _ := strings.Cut(clean, "/")
	if path.IsAbs(name) || strings.ContainsAny(top, `:\`) || strings.Contains("/"+name+"/", "/../") || strings.ContainsRune(name, 0) {
		return "", fmt.Errorf("the name %q in it leaves its folder", name)
	}
	return below, nil
}

func readMember(open func() (io.ReadCloser, error)) ([]byte, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	data, err := readLimited(r, maxConfdLen)
	return data, errors.Join(err, r.Close())
}

// wanted tells for a name below the top folder where its content belongs.
func (b *Bundle) wanted() func(name string) *[]byte {
	if b.Windows() {
		return b.wantedByName()
	}
	byPath := map[string]*[]byte{
		"bin/confd": &b.confd, "exec.sh": &b.exec,
		"config/cmd.info.toml": &b.infoToml, "config/cmd.info.tmpl": &b.infoTmpl,
	}
	return func(name string) *[]byte { return byPath[name] }
}

// whole refuses a bundle that lacks something, or whose daemon could never start.
func (b Bundle) whole() error {
	confd, exec, config := "bin/confd", "exec.sh", "config/"
	if b.Windows() {
		confd, exec, config = "confd.exe", "exec.bat", ""
	}
	for _, part := range []struct {
		name string
		data []byte
	}{{confd, b.confd}, {exec, b.exec}, {config + "cmd.info.toml", b.infoToml}, {config + "cmd.info.tmpl", b.infoTmpl}} {
		if len(part.data) == 0 {
			return fmt.Errorf("%s is missing in it", part.name)
		}
	}
	if b.Windows() {
		return checkWindowsProgram(b.confd)
	}
	return checkProgram(b.confd, b.Arch)
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

// checkWindowsProgram takes a daemon for 32 or 64 bits: today's servers run both.
func checkWindowsProgram(confd []byte) error {
	f, err := pe.NewFile(bytes.NewReader(confd))
	if err != nil {
		return fmt.Errorf("confd.exe is no program for Windows: %w", err)
	}
	if m := f.Machine; m != pe.IMAGE_FILE_MACHINE_I386 && m != pe.IMAGE_FILE_MACHINE_AMD64 {
		return fmt.Errorf("confd.exe is a program for machine %#x, not for 386", m)
	}
	return nil
}
