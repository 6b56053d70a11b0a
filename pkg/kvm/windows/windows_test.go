package windows_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/confd/metad/metadtest"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/ssh"
	"github.com/appimg/appimg/pkg/kvm/windows"
)

// site is a Windows machine with an agent to install.
type site struct {
	t      *testing.T
	w      *kvmtest.WindowsServer
	dialer windows.Dialer
	target kvm.Target
	key    string
	opts   kvm.InstallOptions
	confd  []byte
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newSite(t *testing.T) *site {
	t.Helper()
	w := kvmtest.StartWindows(t)
	s := &site{t: t, w: w, key: kvmtest.NewKey(t, "ed25519", "")}
	w.Authorize(t, s.key, "")
	s.connect(w.Port)
	var err error
	s.confd, err = os.ReadFile(w.Build(t, "github.com/appimg/appimg/cmd/confd"))
	must(t, err)
	s.opts = kvm.InstallOptions{Options: kvm.Options{Rollback: true}, Builtin: true, Agent: s.agent(s.confd)}
	return s
}

// connect makes the site's connections go to a loopback port.
func (s *site) connect(port int) {
	t := s.t
	home := t.TempDir()
	must(t, os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
	_, key, _ := strings.Cut(s.w.KnownHosts(t), " ")
	must(t, os.WriteFile(filepath.Join(home, ".ssh", "known_hosts"), []byte("[127.0.0.1]:* "+key), 0o600))
	d, err := ssh.NewDialer(ssh.Options{Home: home, User: "tester", ConfigFile: "none", Identities: []string{s.key}, Reconnect: 20 * time.Second})
	must(t, err)
	s.dialer, s.target = d, kvm.Target{Host: "127.0.0.1", User: "root", Port: port}
}

// through makes connections go over a bad line.
func (s *site) through(l *kvmtest.Line) { s.connect(l.Port()) }

// agent is one around a daemon.
func (s *site) agent(confd []byte) func(context.Context, string) (*kvm.Agent, error) {
	return func(_ context.Context, arch string) (*kvm.Agent, error) {
		if arch != agent.WindowsArch {
			return nil, errors.New("asked for " + arch)
		}
		return kvm.Ready(agent.New("test", arch, confd))
	}
}

func (s *site) install() *kvm.Report {
	s.t.Helper()
	return windows.InstallAgent(s.t.Context(), s.dialer, s.target, s.opts)
}

// ok fails the test unless the installation succeeds, and changes something or not.
func (s *site) ok(changed bool) *kvm.Report {
	s.t.Helper()
	r := s.install()
	if !r.OK || r.Changed != changed {
		s.t.Fatalf("ok %v, changed %v (want %v): %v\n%q\n%+v", r.OK, r.Changed, changed, r.Err, r.Notes, r.Changes)
	}
	return r
}

// fails is the error of an installation that has to end with one that has words.
func (s *site) fails(words ...string) *kvm.Report {
	s.t.Helper()
	r := s.install()
	if r.OK {
		s.t.Fatal("it succeeded")
	}
	for _, w := range words {
		if !strings.Contains(r.Error+strings.Join(r.Hints, "\n"), w) {
			s.t.Errorf("%q is missing in %s\n%q", w, r.Error, r.Hints)
		}
	}
	return r
}

const home = "Program Files (x86)/QingCloud/App Agent"

func (s *site) path(p string) string { return filepath.Join(s.w.Drive, home, p) }

func (s *site) write(p, text string) {
	s.t.Helper()
	must(s.t, os.MkdirAll(filepath.Dir(s.path(p)), 0o755))
	must(s.t, os.WriteFile(s.path(p), []byte(text), 0o644))
}

func (s *site) read(p string) string {
	data, err := os.ReadFile(s.path(p))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
	return string(data)
}

// tree is what an installation could change: files by their sums, and the service.
func (s *site) tree() map[string]string {
	s.t.Helper()
	out := map[string]string{"service": s.w.Wine(s.t, "reg", "query", `HKLM\SYSTEM\CurrentControlSet\Services\QingCloud_App_Agent`, "/v", "ImagePath")}
	for _, top := range []string{"Program Files (x86)", "ProgramData"} {
		must(s.t, filepath.WalkDir(filepath.Join(s.w.Drive, top), func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case strings.HasSuffix(p, "confd.log") || strings.Contains(p, "/Microsoft"):
				return nil
			case d.IsDir():
				out[p] = "folder"
				return nil
			}
			data, err := os.ReadFile(p)
			sum := sha256.Sum256(data)
			out[p] = hex.EncodeToString(sum[:])
			return err
		}))
	}
	return out
}

func differences(before, after map[string]string) (out []string) {
	for p, was := range before {
		if after[p] != was {
			out = append(out, p+": "+was+" became "+after[p])
		}
	}
	for p := range after {
		if _, ok := before[p]; !ok {
			out = append(out, p+" is new")
		}
	}
	slices.Sort(out)
	return out
}

func (s *site) unchanged(before map[string]string) {
	s.t.Helper()
	if d := differences(before, s.tree()); len(d) > 0 {
		s.t.Errorf("changed: %q", d)
	}
}

func (s *site) state() string {
	s.t.Helper()
	for _, state := range []string{"RUNNING", "STOPPED"} {
		if strings.Contains(s.w.Wine(s.t, "sc", "query", agent.WindowsService), state) {
			return state
		}
	}
	return ""
}

func TestInstallOnWindows(t *testing.T) {
	s := newSite(t)
	s.write("confd/conf.d/mine.toml", "[template]\nsrc = \"none.tmpl\"\ndest = 'C:\\x'\n")
	before := s.tree()
	s.opts.Plan = true
	plan := s.ok(true)
	s.unchanged(before)
	s.opts.Plan = false
	for _, a := range []string{
		`write C:\Program Files (x86)\QingCloud\App Agent\bin\confd.exe`, `mkdir C:\Program Files (x86)\QingCloud\App Agent\log`,
		"service QingCloud_App_Agent",
	} {
		if !slices.ContainsFunc(plan.Changes, func(c kvm.Action) bool { return c.Do+" "+c.Path == a }) {
			t.Errorf("%q is not in the plan: %+v", a, plan.Changes)
		}
	}
	if at := slices.IndexFunc(plan.Changes, func(c kvm.Action) bool { return strings.HasSuffix(c.Path, "exec.bat") }); at < 0 || !strings.Contains(plan.Changes[at].Diff, "+@echo off") {
		t.Errorf("no diff of exec.bat: %+v", plan.Changes)
	}

	s.opts.Approved = kvm.PlanOf([]*kvm.Report{plan})
	r := s.ok(true)
	s.opts.Approved = nil
	if r.Version == "" || r.Facts.System != "Windows" || !strings.HasPrefix(r.Facts.Version, "10.0.") || r.Facts.Arch != "amd64" {
		t.Errorf("%q on %+v", r.Version, r.Facts)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "mine.toml") && strings.Contains(n, "none.tmpl") }) {
		t.Errorf("the broken pair is not told: %q", r.Notes)
	}
	for p, want := range map[string]string{"bin/confd.exe": string(s.confd), "log/cmd.info": "", "log/cmd.log": "", "confd/conf.d/mine.toml": "[template]\nsrc = \"none.tmpl\"\ndest = 'C:\\x'\n"} {
		if _, err := os.Stat(s.path(p)); err != nil || s.read(p) != want {
			t.Errorf("%s: %v, %d bytes", p, err, len(s.read(p)))
		}
	}
	if _, err := os.Stat(s.path("confd/confd.toml")); err == nil {
		t.Error("confd.toml is the platform's to write")
	}
	if image := s.tree()["service"]; !strings.Contains(image, `"C:\Program Files (x86)\QingCloud\App Agent\bin\confd.exe"`) {
		t.Errorf("the service runs %s", image)
	}
	if s.state() != "STOPPED" {
		t.Errorf("the service is %s", s.state())
	}
	if left, _ := filepath.Glob(filepath.Join(s.w.Drive, "Program Files (x86)/appimg*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	after := s.tree()
	s.ok(false)
	s.unchanged(after)
}

// A running agent is upgraded, and one that cannot work is not.
func TestUpgradeOnWindows(t *testing.T) {
	s := newSite(t)
	meta := metadtest.New(t, map[string]any{"env": map[string]any{"a": "1"}})
	s.write("confd/templates/a.tmpl", `a={{getv "/env/a"}}`)
	s.write("confd/conf.d/a.toml", "[template]\nsrc = \"a.tmpl\"\ndest = 'C:\\Program Files (x86)\\QingCloud\\App Agent\\a.conf'\nkeys = [\"/\"]\n")
	s.opts.Start, s.opts.Metadata = true, meta.Addr()
	s.ok(true)
	if s.state() != "RUNNING" {
		t.Fatalf("the service is %s", s.state())
	}
	rendered := func(want string) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); s.read("a.conf") != want; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("a.conf is %q, want %q", s.read("a.conf"), want)
			}
		}
	}
	rendered("a=1")
	s.ok(false)

	before := s.tree()
	s.opts.Agent = s.agent([]byte("MZ this is no program"))
	r := s.fails("confd -version")
	if r.Failed != kvm.PhaseConfigure && r.Failed != kvm.PhaseVerify {
		t.Errorf("it failed in %s", r.Failed)
	}
	s.unchanged(before)
	if s.state() != "RUNNING" {
		t.Fatalf("after the rollback the service is %s", s.state())
	}
	meta.Set("/env/a", "2")
	rendered("a=2")

	newer := append(bytes.Clone(s.confd), "newer"...)
	s.opts.Agent = s.agent(newer)
	s.ok(true)
	if s.read("bin/confd.exe") != string(newer) || s.state() != "RUNNING" {
		t.Errorf("confd.exe has %d bytes, the service is %s", len(s.read("bin/confd.exe")), s.state())
	}
	meta.Set("/env/a", "3")
	rendered("a=3")
}

func TestWindowsIsRefused(t *testing.T) {
	s := newSite(t)
	before := s.tree()
	s.opts.PersistLogs = "/data/logs"
	s.fails("--persist-logs is for Linux")
	s.opts.PersistLogs, s.opts.ForceInit = "", agent.SysV
	s.fails("--force-init is for Linux")
	s.opts.ForceInit = ""
	s.opts.Approved = &kvm.Plan{Job: "install-agent", Hosts: []kvm.HostPlan{{Host: s.target.String()}}}
	s.fails("no longer as planned", "make a new plan")
	s.opts.Approved = nil
	must(t, os.MkdirAll(s.path("bin/confd.exe"), 0o755))
	s.fails("is a folder on the machine, and a file is to be there")
	must(t, os.RemoveAll(filepath.Join(s.w.Drive, "Program Files (x86)/QingCloud")))
	// What cannot be written is told in SFTP's words: there is no sh to ask why.
	must(t, os.MkdirAll(s.path("bin/confd.exe.appimg-new"), 0o755))
	if r := s.fails("uploading", "confd.exe"); r.Failed != kvm.PhaseUpload || strings.Contains(r.Error, "does not say why") {
		t.Errorf("in %s: %s", r.Failed, r.Error)
	}
	must(t, os.RemoveAll(filepath.Join(s.w.Drive, "Program Files (x86)/QingCloud")))
	s.unchanged(before)
}

// The platform's bundle has nssm.exe, and its daemon is a service through that alone.
func TestBundleWithNSSM(t *testing.T) {
	s := newSite(t)
	nssm, err := os.ReadFile(s.w.Nssm)
	must(t, err)
	var packed bytes.Buffer
	zw := zip.NewWriter(&packed)
	for name, data := range map[string][]byte{"bin/confd.exe": s.confd, "bin/nssm.exe": nssm, "exec.bat": []byte("@rem"),
		"config/cmd.info.toml": []byte("[template]\nsrc = \"cmd.info.tmpl\"\ndest = 'C:\\x'\n"), "config/cmd.info.tmpl": []byte("x"), "config/logrotate.ps1": []byte("# x")} {
		w, err := zw.Create("app-agent-windows-386/" + name)
		must(t, err)
		_, err = w.Write(data)
		must(t, err)
	}
	must(t, zw.Close())
	b, err := agent.ReadArchive(&packed, "official.zip", agent.WindowsArch)
	must(t, err)
	official := func(context.Context, string) (*kvm.Agent, error) { return kvm.Ready(b) }
	ours := s.opts

	s.opts.Agent, s.opts.Builtin = official, false
	s.ok(true)
	log, err := os.ReadFile(filepath.Join(s.w.Drive, "nssm.log"))
	must(t, err)
	const bin = `C:\\Program Files (x86)\\QingCloud\\App Agent\\`
	want := `["install" "QingCloud_App_Agent" "` + bin + `bin\\confd.exe" "--config-file \"` + bin + `confd\\confd.toml\""]
["set" "QingCloud_App_Agent" "DisplayName" "QingCloud App Agent"]
["set" "QingCloud_App_Agent" "Start" "SERVICE_DEMAND_START"]
`
	if string(log) != want {
		t.Errorf("nssm was told\n%swant\n%s", log, want)
	}
	image := func() string { return s.tree()["service"] }
	if !strings.Contains(image(), `bin\nssm.exe"`) {
		t.Errorf("the service runs %s", image())
	}
	s.ok(false)

	// Ours works through nssm as well; theirs does not without.
	s.opts = ours
	s.ok(true)
	if !strings.Contains(image(), `bin\nssm.exe"`) {
		t.Errorf("the service runs %s", image())
	}
	s.w.Wine(t, "sc", "delete", agent.WindowsService)
	s.ok(true)
	if !strings.Contains(image(), `bin\confd.exe"`) {
		t.Errorf("the service runs %s", image())
	}
	before := s.tree()
	s.opts.Agent, s.opts.Builtin, s.opts.Start = official, false, true // what nssm starts is no service here
	s.fails("to RUNNING")
	s.unchanged(before)
	s.opts.Start = false
	s.ok(true)
	if !strings.Contains(image(), `bin\nssm.exe"`) {
		t.Errorf("the service runs %s", image())
	}
}
