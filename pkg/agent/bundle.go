package agent

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/appimg/appimg/pkg/diag"
)

// Places of the agent on a machine and in an image.
const (
	Home        = "/opt/qingcloud/app-agent"
	Entrypoint  = Home + "/bin/confd"
	ExecPath    = Home + "/bin/exec.sh"
	ConfDir     = "/etc/confd"
	ConfigPath  = ConfDir + "/confd.toml"
	maxConfdLen = 64 << 20
)

//go:embed all:embedded
var embedded embed.FS

//go:embed files
var files embed.FS

// File is one file or folder of the agent.
type File struct {
	Path     string      // absolute, where it is installed
	Mode     fs.FileMode // permission bits, with fs.ModeDir for a folder
	UID, GID int
	Data     []byte // nil for a folder
	// Packed is the content in place of Data, where that stays packed.
	Packed *Packed
}

// Bundle is an agent for Linux on one architecture, or for Windows. The zero
// Bundle has none.
type Bundle struct {
	Arch   string // "amd64", "arm64" or WindowsArch
	Source string // "builtin", or the archive it was read from

	confd, exec, infoToml, infoTmpl []byte
	packed                          *Packed // in place of confd
	logrotate, nssm                 []byte  // for Windows
}

// Arches lists the architectures that a builtin agent for Linux exists for.
func Arches() []string { return []string{"amd64", "arm64"} }

// Builtin is the agent that make build embedded. A program built without it
// answers with an error and a hint.
func Builtin(arch string) (Bundle, error) {
	return builtin(arch, ".zst", func(b *Bundle, data []byte) (err error) {
		b.confd, err = unpack(data)
		return err
	})
}

// BuiltinPacked is Builtin with its daemon packed, as for Pack, at no cost.
// Windows unpacks nothing: there it is Builtin.
func BuiltinPacked(arch string) (Bundle, error) {
	if arch == WindowsArch {
		return Builtin(arch)
	}
	return builtin(arch, ".gz", func(b *Bundle, data []byte) (err error) {
		b.packed, err = readPacked(data)
		return err
	})
}

func builtin(arch, suffix string, take func(*Bundle, []byte) error) (Bundle, error) {
	if !slices.Contains(Arches(), arch) && arch != WindowsArch {
		return Bundle{}, diag.WithHint(fmt.Errorf("reading the built-in agent for %q: there is none", arch),
			"the built-in agent runs on %s", strings.Join(Arches(), " and "))
	}
	data, err := embedded.ReadFile("embedded/confd-" + platform(arch) + suffix)
	if errors.Is(err, fs.ErrNotExist) {
		err = diag.WithHint(errors.New("this appimg was built without it"),
			"build appimg with \"make build\", which embeds the agent, or set agent.source to a bundle")
	}
	b := New("builtin", arch, nil)
	if err == nil {
		err = take(&b, data)
	}
	if err != nil {
		return Bundle{}, fmt.Errorf("reading the built-in agent for %q: %w", arch, err)
	}
	return b, nil
}

// New is a bundle around a daemon of one's own: confd is the program's bytes.
func New(source, arch string, confd []byte) Bundle {
	if arch == WindowsArch {
		return Bundle{
			Arch: arch, Source: source, confd: confd,
			exec: text("windows/exec.bat"), infoToml: text("windows/cmd.info.toml"), infoTmpl: text("etc/cmd.info.tmpl"),
			logrotate: text("windows/logrotate.ps1"),
		}
	}
	return Bundle{
		Arch: arch, Source: source, confd: confd,
		exec: text("exec.sh"), infoToml: text("etc/cmd.info.toml"), infoTmpl: text("etc/cmd.info.tmpl"),
	}
}

func unpack(packed []byte) ([]byte, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxConfdLen), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	return dec.DecodeAll(packed, nil)
}

func readLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("larger than %d bytes", limit)
	}
	return data, err
}

// text is an embedded file that is there because the build would fail without it.
func text(name string) []byte {
	data, err := files.ReadFile("files/" + name)
	if err != nil {
		panic(err)
	}
	return data
}

// ID names the content: "SOURCE@sha256:…" over the daemon and its script. Same
// ID, same files.
func (b Bundle) ID() string {
	h := sha256.New()
	for _, sum := range []string{b.confdSum(), sumOf(b.exec), sumOf(b.infoToml), sumOf(b.infoTmpl)} {
		raw, _ := hex.DecodeString(sum) // a sum is hex
		h.Write(raw)
	}
	return b.Source + "@sha256:" + hex.EncodeToString(h.Sum(nil))[:16]
}

func (b Bundle) confdSum() string {
	if b.packed != nil {
		return b.packed.SHA256
	}
	return sumOf(b.confd)
}

// Confd is the daemon's program; nil where it is packed.
func (b Bundle) Confd() []byte { return b.confd }

// Files is what belongs on every machine and in every image, parents before
// children. confd.toml (see Config) and the service (see Service) come extra.
// cmd.info and cmd.log exist from the start, empty.
func (b Bundle) Files() []File {
	return []File{
		dir(Home), dir(Home + "/bin"), dir(Home + "/log"), dir(Home + "/run"),
		dir(ConfDir), dir(ConfDir + "/conf.d"), dir(ConfDir + "/templates"),
		{Path: Entrypoint, Mode: 0o755, Data: b.confd, Packed: b.packed},
		file(ExecPath, 0o755, b.exec),
		file(Home+"/log/cmd.info", 0o644, nil),
		file(Home+"/log/cmd.log", 0o644, nil),
		file(ConfDir+"/conf.d/cmd.info.toml", 0o644, b.infoToml),
		file(ConfDir+"/templates/cmd.info.tmpl", 0o644, b.infoTmpl),
	}
}

// Logrotate keeps the agent's logs at 2 MB each; it is for machines that run logrotate.
func Logrotate() File {
	return file("/etc/logrotate.d/app-agent", 0o644, text("etc/app-agent.logrotate"))
}

func dir(path string) File { return File{Path: path, Mode: fs.ModeDir | 0o755} }

func file(path string, mode fs.FileMode, data []byte) File {
	return File{Path: path, Mode: mode, Data: data}
}
