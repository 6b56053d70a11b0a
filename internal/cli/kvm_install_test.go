package cli

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// shell is a person at a shell without a terminal, whose home knows a machine.
type shell struct {
	t *testing.T
	m *kvmtest.Machine
}

func newShell(t *testing.T) *shell {
	t.Helper()
	m := kvmtest.StartMachine(t, kvmtest.MachineOptions{Setup: "echo root:r00t | chpasswd\nuseradd -m -s /bin/sh u; echo 'u:upass' | chpasswd; echo 'u ALL=(ALL) ALL' >/etc/sudoers.d/u\n"})
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
	t.Setenv("SSH_AUTH_SOCK", "")
	write(t, filepath.Join(home, ".ssh", "known_hosts"), m.KnownHosts(t))
	return &shell{t, m}
}

func write(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// run runs a command line that has to end with code.
func (s *shell) run(code int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	var out, err bytes.Buffer
	if got := Run(context.Background(), args, Streams{In: strings.NewReader(""), Out: &out, Err: &err}, Build{}); got != code {
		s.t.Fatalf("%q ended with %d, want %d\n%s%s", args, got, code, out.String(), err.String())
	}
	return out.String(), err.String()
}

func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in\n%s", w, text)
		}
	}
}

// bundleFile is a bundle with appimg's daemon, in the published layout.
func bundleFile(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", filepath.Join(dir, "confd"), "github.com/appimg/appimg/cmd/confd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, err := os.ReadFile(filepath.Join(dir, "confd"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "bundle.tar.gz")
	if err := writeBundle(file, agent.New("x", "amd64", program)); err != nil {
		t.Fatal(err)
	}
	return file
}

// zipped is a bundle as a zip with backslashes, whose entries are files alone.
func zipped(t *testing.T, bundle string) string {
	t.Helper()
	packed, err := os.Open(bundle)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	for tr := tar.NewReader(unpacked); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err == nil && h.Typeflag == tar.TypeReg {
			var w io.Writer
			if w, err = zw.Create(strings.ReplaceAll(h.Name, "/", `\`)); err == nil {
				_, err = io.Copy(w, tr)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(t.TempDir(), "bundle.zip"), out.String())
}

func TestKVMInstallAgent(t *testing.T) {
	file := bundleFile(t)
	s := newShell(t)
	root := s.m.Target("root")
	install := []string{"kvm", "install-agent", "--agent", file}
	with := func(args ...string) []string { return append(append([]string(nil), install...), args...) }

	_, stderr := s.run(3, with(root)...)
	has(t, stderr, `logging in as "root": permission denied`, "hint: give the password with --password-file")
	t.Setenv("APPIMG_SSH_PASSWORD", "wrong")
	s.run(3, with(root)...)
	t.Setenv("APPIMG_SSH_PASSWORD", "")
	os.Unsetenv("APPIMG_SSH_PASSWORD")
	password := write(t, filepath.Join(t.TempDir(), "password"), "r00t\n")
	log := filepath.Join(t.TempDir(), "log")

	stdout, _ := s.run(0, with(root, "--password-file", password, "--plan")...)
	has(t, stdout, "write /etc/init.d/confd 0755 0:0 2", "(new)", "+#!/bin/sh", "mkdir /opt/qingcloud/app-agent/bin 0755 0:0 (new)")
	stdout, _ = s.run(0, with(root, "--password-file", password, "--plan", "--format", "json")...)
	plan := write(t, filepath.Join(t.TempDir(), "plan.json"), stdout)

	// The same bundle, packed as Windows' people do.
	stdout, stderr = s.run(0, "kvm", "install-agent", "--agent", zipped(t, file), "--apply-plan", plan, "--password-file", password, "--log", log)
	has(t, stdout, root+": installed, ", "Debian GNU/Linux 12")
	has(t, stderr, ": connect\n", ": upload\n", ": verify\n", "not on the platform's list of tested systems")
	_, stderr = s.run(3, with("--apply-plan", plan, "--password-file", password, "--log", log)...)
	has(t, stderr, "no longer as planned", "hint: make a new plan")
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	has(t, string(text), `msg="it failed"`, "no longer as planned", `hints="make a new plan"`)
	has(t, string(text), "putting files in place", "connected", `what="write /etc/init.d/confd 0755`, "it is done")
	if strings.Contains(string(text), "r00t") {
		t.Error("the password is in the log")
	}

	stdout, stderr = s.run(0, with(root, "--password-file", password, "-q")...)
	has(t, stdout, root+": changed nothing: confd")
	if stderr != "" {
		t.Errorf("--quiet said %q", stderr)
	}

	// Several hosts: one fails, the other does not.
	hosts := write(t, filepath.Join(t.TempDir(), "hosts"), "# ours\n"+s.m.Addr()+" user=u\nroot@127.0.0.1:1 # nobody there\n")
	user := write(t, filepath.Join(t.TempDir(), "password"), "upass\n")
	stdout, stderr = s.run(3, with("--hosts", hosts, "--password-file", user, "--format", "json")...)
	var reports []kvm.Report
	if err := json.Unmarshal([]byte(stdout), &reports); err != nil || len(reports) != 2 {
		t.Fatalf("%v\n%s", err, stdout)
	}
	if !reports[0].OK || reports[0].Changed || reports[1].OK || reports[1].Failed != kvm.PhaseConnect || !strings.Contains(reports[1].Error, "refused") {
		t.Errorf("%+v", reports)
	}
	has(t, stderr, "1 of 2 hosts failed", `connecting to "root@127.0.0.1:1"`)
}

// Machines of both kinds stand in one call.
func TestKVMInstallAgentOnWindows(t *testing.T) {
	s := newShell(t)
	w := kvmtest.StartWindows(t)
	key := kvmtest.NewKey(t, "ed25519", "")
	s.m.Authorize(t, key)
	w.Authorize(t, key, "")
	write(t, filepath.Join(os.Getenv("HOME"), ".ssh", "known_hosts"), s.m.KnownHosts(t)+w.KnownHosts(t))
	program, err := os.ReadFile(w.Build(t, "github.com/appimg/appimg/cmd/confd"))
	if err != nil {
		t.Fatal(err)
	}
	zip := filepath.Join(t.TempDir(), "bundle.zip")
	if err := writeBundle(zip, agent.New("x", agent.WindowsArch, program)); err != nil {
		t.Fatal(err)
	}
	both := []string{"kvm", "install-agent", "-i", key, "--agent", zip, s.m.Target("root"), w.Target()}

	stdout, stderr := s.run(3, append(both, "--plan")...)
	has(t, stdout, `write C:\Program Files (x86)\QingCloud\App Agent\bin\confd.exe`, "service QingCloud_App_Agent")
	has(t, stderr, s.m.Target("root")+": ", "bundle.zip", "1 of 2 hosts failed")
	stdout, _ = s.run(3, both...)
	has(t, stdout, w.Target()+": installed, ", "(10.0.", ", amd64)")
	stdout, _ = s.run(0, "kvm", "install-agent", "-i", key, "--agent", zip, w.Target())
	has(t, stdout, w.Target()+": changed nothing: confd")
	for _, command := range []string{"status", "uninstall-agent", "seal"} {
		_, stderr := s.run(3, "kvm", command, "-i", key, w.Target())
		has(t, stderr, "it is a Windows", "hint: ")
	}
}

func TestKVMUsage(t *testing.T) {
	s := &shell{t: t}
	file := func(text string) string { return write(t, filepath.Join(t.TempDir(), "f"), text) }
	scripted := filepath.Join(t.TempDir(), "bundle.tar.gz")
	if err := writeBundle(scripted, agent.New("x", "amd64", []byte("#!/bin/sh\n"))); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"HOST is missing":                          {},
		"is no port":                               {"root@x:99999"},
		"is named twice":                           {"a", "a"},
		`f:2: "prot=2" is not known`:               {"--hosts", file("a\nb prot=2\n")},
		"on line 1 already":                        {"--hosts", file("a\na\n")},
		"none of sysv":                             {"a", "--force-init", "launchd"},
		"no plain absolute path":                   {"a", "--persist-logs", "data"},
		"--plan and --apply-plan":                  {"a", "--plan", "--apply-plan", "x"},
		"reading the plan":                         {"--apply-plan", file("{")},
		"the first line of":                        {"a", "--password-file", file("\n")},
		"at least one":                             {"a", "--parallel", "0"},
		"reading the SSH configuration":            {"a", "-F", "/no/such/file"},
		`opening the agent bundle "/no/such/file"`: {"a", "--agent", "/no/such/file"},
		"reading the agent bundle":                 {"a", "--agent", file("no archive")},
		`"sha256=" is no sha256`:                   {"a", "--agent", "https://x/y.tar.gz#sha256="},
		`"md5=1" is no sha256`:                     {"a", "--agent", "https://x/y.tar.gz#md5=1"},
		"only http and https":                      {"a", "--agent", "ftp://x/y"},
		"bin/confd is no Linux program":            {"a", "--agent", scripted},
	} {
		_, stderr := s.run(2, append([]string{"kvm", "install-agent"}, args...)...)
		has(t, stderr, want)
		if strings.Contains(stderr, "connect\n") {
			t.Errorf("%q: it connected first:\n%s", args, stderr)
		}
	}
}
