package agent_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
)

func TestBuiltin(t *testing.T) {
	for _, arch := range agent.Arches() {
		b, err := agent.Builtin(arch)
		if err != nil {
			// A plain go test without make build: the refusal must say what to do.
			if len(diag.Hints(err)) == 0 {
				t.Errorf("%s: %v has no hint", arch, err)
			}
			continue
		}
		if b.Arch != arch || !bytes.HasPrefix(b.Confd(), []byte("\x7fELF")) {
			t.Errorf("%s: %s with %d bytes", arch, b.ID(), len(b.Confd()))
		}
		if len(b.Confd()) > 10<<20 {
			t.Errorf("%s: the daemon has %d bytes, more than 10 MB", arch, len(b.Confd()))
		}
	}
	if _, err := agent.Builtin("riscv64"); err == nil || len(diag.Hints(err)) == 0 {
		t.Errorf("riscv64: %v", err)
	}
}

func TestFilesAreWhereThePlatformLooks(t *testing.T) {
	want := map[string]fs.FileMode{
		"/opt/qingcloud/app-agent/bin/confd":    0o755,
		"/opt/qingcloud/app-agent/bin/exec.sh":  0o755,
		"/opt/qingcloud/app-agent/log":          fs.ModeDir | 0o755,
		"/opt/qingcloud/app-agent/run":          fs.ModeDir | 0o755,
		"/opt/qingcloud/app-agent/log/cmd.info": 0o644,
		"/opt/qingcloud/app-agent/log/cmd.log":  0o644,
		"/etc/confd/conf.d/cmd.info.toml":       0o644,
		"/etc/confd/templates/cmd.info.tmpl":    0o644,
	}
	seen := map[string]bool{}
	for _, f := range agent.New("test", "amd64", []byte("confd")).Files() {
		if mode, ok := want[f.Path]; ok && mode != f.Mode {
			t.Errorf("%s has mode %v, want %v", f.Path, f.Mode, mode)
		}
		if parent := filepath.Dir(f.Path); strings.HasPrefix(parent, agent.Home) && !seen[parent] {
			t.Errorf("%s comes before its folder", f.Path)
		}
		seen[f.Path] = true
		delete(want, f.Path)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestConfig(t *testing.T) {
	f := agent.Config(agent.ConfigOptions{})
	for _, line := range []string{`backend = "metad"`, `nodes = ['metadata:80']`, `prefix = "/self"`, `watch = true`, `scheme = "http"`, `confdir = "/etc/confd"`, `log-level = "info"`} {
		if !strings.Contains(string(f.Data), line+"\n") {
			t.Errorf("no line %q in\n%s", line, f.Data)
		}
	}
	if f.Path != "/etc/confd/confd.toml" {
		t.Error(f.Path)
	}
	f = agent.Config(agent.ConfigOptions{Node: "10.0.0.1:80", Prefix: "/"})
	if !strings.Contains(string(f.Data), "nodes = ['10.0.0.1:80']\nprefix = \"/\"\n") {
		t.Errorf("%s", f.Data)
	}
}

// elfFor is the head of a Linux program for a machine (ELF e_machine).
func elfFor(machine byte) []byte {
	h := make([]byte, 64)
	copy(h, "\x7fELF\x02\x01\x01")
	h[16], h[18], h[20], h[52] = 2, machine, 1, 64
	return h
}

const x86, arm = 0x3e, 0xb7

func archive(t *testing.T, b agent.Bundle) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := b.WriteArchive(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestArchiveHasThePublishedLayout(t *testing.T) {
	b := agent.New("test", "amd64", elfFor(x86))
	packed := archive(t, b)
	if !bytes.Equal(packed, archive(t, b)) {
		t.Error("the same bundle gave other bytes")
	}
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got[h.Name] = h.Mode
	}
	for _, name := range []string{"", "install.sh", "check-distro.sh", "exec.sh", "bin/", "bin/confd", "config/cmd.info.toml", "config/cmd.info.tmpl", "config/app-agent",
		"distros/ubuntu/confd", "distros/debian/confd", "distros/centos/6/confd", "distros/centos/7/confd", "distros/fedora/confd", "distros/opensuse/confd"} {
		mode, ok := got["app-agent-linux-amd64/"+name]
		if !ok {
			t.Errorf("%q is missing", name)
		}
		if strings.HasPrefix(name, "config/") != (mode == 0o644) {
			t.Errorf("%q has mode %o", name, mode)
		}
	}
}

func TestArchiveRoundTrip(t *testing.T) {
	b := agent.New("builtin", "arm64", elfFor(arm))
	back, err := agent.ReadArchive(bytes.NewReader(archive(t, b)), "builtin", "arm64")
	if err != nil {
		t.Fatal(err)
	}
	if back.ID() != b.ID() {
		t.Errorf("%s became %s", b.ID(), back.ID())
	}
	if _, err := agent.ReadArchive(bytes.NewReader(archive(t, b)), "x", "amd64"); err == nil || !strings.Contains(err.Error(), "not for amd64") {
		t.Errorf("another architecture: %v", err)
	}
}

func TestReadArchiveRefuses(t *testing.T) {
	whole := archive(t, agent.New("x", "amd64", elfFor(x86)))
	for name, data := range map[string][]byte{
		"empty":          nil,
		"no gzip":        []byte("hello"),
		"cut":            whole[:len(whole)/2],
		"no program":     archive(t, agent.New("x", "amd64", []byte("#!/bin/sh"))),
		"nothing inside": gz(t, make([]byte, 1024)),
		"bomb":           gz(t, bomb(t)),
	} {
		if _, err := agent.ReadArchive(bytes.NewReader(data), name, "amd64"); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := agent.Open(filepath.Join(t.TempDir(), "none"), "amd64"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// bomb has a daemon larger than any daemon may be.
func bomb(t testing.TB) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	if err := w.WriteHeader(&tar.Header{Name: "a/bin/confd", Typeflag: tar.TypeReg, Size: 65 << 20}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 65<<20)); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestServices(t *testing.T) {
	for _, init := range []agent.Init{agent.SysV, agent.Systemd, agent.Upstart, agent.OpenRC} {
		files, err := agent.Service(init)
		if err != nil {
			t.Fatal(err)
		}
		if files[0].Path != "/etc/init.d/confd" || files[0].Mode != 0o755 {
			t.Errorf("%s: %s %v: \"service confd restart\" would not work", init, files[0].Path, files[0].Mode)
		}
		for _, f := range files {
			if strings.HasSuffix(f.Path, ".service") && !strings.Contains(string(f.Data), "\nKillMode=process\n") {
				t.Errorf("%s would end the app with the daemon", f.Path)
			}
		}
	}
	if _, err := agent.Service("launchd"); err == nil {
		t.Error("launchd is served")
	}
	if f := agent.Logrotate(); !strings.Contains(string(f.Data), "size 2M\n") {
		t.Errorf("%s", f.Data)
	}
}

// The bundle's own install.sh, in a root of its own: everything in place, and
// a second run changes nothing.
func TestInstallScript(t *testing.T) {
	testneed.Root(t)
	busybox := testneed.Tool(t, "busybox")
	root := t.TempDir()
	run := func(name string, args ...string) string {
		t.Helper()
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run("sh", "-c", `cd "$1" && mkdir -p bin dev etc/init.d tmp && : >dev/null && cp "$2" bin/busybox && for a in sh id cat cmp cp chmod chown mkdir mv dirname grep; do ln -s busybox bin/$a; done`, "sh", root, busybox)
	// In place of the daemon, something that answers to -version.
	b := agent.New("test", "amd64", []byte("#!/bin/sh\necho confd test\n"))
	packed := filepath.Join(root, "tmp/agent.tar.gz")
	if err := os.WriteFile(packed, archive(t, b), 0o644); err != nil {
		t.Fatal(err)
	}
	run("tar", "-xzf", packed, "-C", filepath.Join(root, "tmp"))
	install := func() string { return run("chroot", root, "/bin/sh", "/tmp/app-agent-linux-amd64/install.sh") }
	if out := install(); !strings.Contains(out, "installed /etc/init.d/confd") || !strings.HasSuffix(out, "confd test\n") {
		t.Errorf("first run:\n%s", out)
	}
	for _, f := range b.Files() {
		fi, err := os.Stat(filepath.Join(root, f.Path))
		if err != nil {
			t.Error(err)
		} else if fi.Mode() != f.Mode {
			t.Errorf("%s has mode %v, want %v", f.Path, fi.Mode(), f.Mode)
		}
	}
	if out := install(); out != "confd test\n" {
		t.Errorf("second run changed something:\n%s", out)
	}
}
