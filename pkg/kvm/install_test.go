package kvm_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/ssh"
	"github.com/appimg/appimg/pkg/metadata/server"
)

// daemon is the agent's program, built once for all tests.
var daemon = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "appimg-confd")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", filepath.Join(dir, "confd"), "github.com/appimg/appimg/cmd/confd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building confd: %w\n%s", err, out)
	}
	return os.ReadFile(filepath.Join(dir, "confd"))
})

func bundle(t testing.TB) agent.Bundle {
	t.Helper()
	data, err := daemon()
	if err != nil {
		t.Fatal(err)
	}
	return agent.New("test", "amd64", data)
}

func ready(t testing.TB, b agent.Bundle) func(context.Context, string) (*kvm.Agent, error) {
	t.Helper()
	a, err := kvm.Ready(b)
	must(t, err)
	return func(context.Context, string) (*kvm.Agent, error) { return a, nil }
}

// site is a machine with what is needed to work on it.
type site struct {
	t      testing.TB
	m      *kvmtest.Machine
	key    string
	dialer *ssh.Dialer
	target kvm.Target
	opts   kvm.InstallOptions
}

func newSite(t testing.TB, o kvmtest.MachineOptions) *site {
	t.Helper()
	m := kvmtest.StartMachine(t, o)
	s := &site{t: t, m: m, key: kvmtest.NewKey(t, "ed25519", "")}
	m.Authorize(t, s.key)
	s.opts = kvm.InstallOptions{Options: kvm.Options{Rollback: true}, Builtin: true, Agent: ready(t, bundle(t))}
	s.connect(m.Port)
	return s
}

// connect makes the site's connections go to a loopback port.
func (s *site) connect(port int) {
	t := s.t
	t.Helper()
	home := t.TempDir()
	must(t, os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
	_, key, _ := strings.Cut(s.m.KnownHosts(t), " ")
	must(t, os.WriteFile(filepath.Join(home, ".ssh", "known_hosts"), []byte("[127.0.0.1]:* "+key), 0o600))
	d, err := ssh.NewDialer(ssh.Options{Home: home, User: "tester", ConfigFile: "none", Identities: []string{s.key}, Reconnect: 10 * time.Second})
	must(t, err)
	s.dialer, s.target = d, kvm.Target{Host: "127.0.0.1", User: "root", Port: port}
}

// through makes connections go over a bad line.
func (s *site) through(l *kvmtest.Line) { s.connect(l.Port()) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) install() *kvm.Report {
	s.t.Helper()
	return kvm.InstallAgent(s.t.Context(), s.dialer, s.target, s.opts)
}

// ok fails the test unless the installation succeeds and changes something or not.
func (s *site) ok(changed bool) *kvm.Report {
	s.t.Helper()
	r := s.install()
	if !r.OK || r.Changed != changed {
		s.t.Fatalf("ok %v, changed %v (want %v): %v\n%v", r.OK, r.Changed, changed, r.Err, r.Notes)
	}
	return r
}

// tree is every path below the machine's changeable folders with what it is:
// type, mode, owner and content. The machine lives, and so does the host's
// file system below it: a file that goes while it is looked at means looking again.
func (s *site) tree() map[string]string {
	s.t.Helper()
	for attempt := 1; ; attempt++ {
		out, err := s.look()
		if errors.Is(err, fs.ErrNotExist) && attempt < 3 {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		must(s.t, err)
		return out
	}
}

func (s *site) look() (map[string]string, error) {
	s.t.Helper()
	root := s.m.Root(s.t)
	out := map[string]string{}
	for _, dir := range []string{"opt", "etc", "var", "root", "home", "usr/local"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			st, err := os.Lstat(p)
			if err != nil {
				return err
			}
			sys := st.Sys().(*syscall.Stat_t)
			text := fmt.Sprintf("%v %d:%d", st.Mode(), sys.Uid, sys.Gid)
			switch {
			case st.Mode().IsRegular():
				text += " " + sumOf(s.t, p)
			case st.Mode()&fs.ModeSymlink != 0:
				link, err := os.Readlink(p)
				if err != nil {
					return err
				}
				text += " -> " + link
			}
			out[strings.TrimPrefix(p, root)] = text
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	// The login itself leaves traces.
	for _, p := range []string{"/var/log/lastlog", "/var/log/wtmp", "/var/log/btmp", "/var/log/faillog"} {
		delete(out, p)
	}
	return out, nil
}

func sumOf(t testing.TB, file string) string {
	t.Helper()
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	must(t, err)
	return hex.EncodeToString(h.Sum(nil))
}

// differences are the paths in which two trees differ.
func differences(a, b map[string]string) (out []string) {
	for p := range a {
		if a[p] != b[p] {
			out = append(out, fmt.Sprintf("%s: %s, then %s", p, a[p], orNone(b[p])))
		}
	}
	for p := range b {
		if _, ok := a[p]; !ok {
			out = append(out, fmt.Sprintf("%s: none, then %s", p, b[p]))
		}
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func TestInstallAgent(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{Setup: "mkdir -p /etc/confd/conf.d; echo '# mine' >/etc/confd/conf.d/mine.txt; chmod 700 /etc/confd/conf.d\n"})
	before := s.tree()
	r := s.ok(true)
	if r.Version == "" || r.Facts.ID != "debian" || r.Facts.Init != agent.SysV || r.Facts.Arch != "amd64" || r.Facts.Tested {
		t.Errorf("%+v, %+v", r, r.Facts)
	}
	root := s.m.Root(t)
	for _, f := range bundle(t).Files() {
		if got := s.tree()[f.Path]; f.Data != nil && !strings.HasSuffix(got, kvm.SumOf(f.Data)) {
			t.Errorf("%s: %s", f.Path, got)
		}
	}
	if out, err := exec.Command("chroot", root, "/etc/init.d/confd", "status").CombinedOutput(); err == nil || !strings.Contains(string(out), "stopped") {
		t.Errorf("the service: %s, %v", out, err)
	}
	after := s.tree()
	for _, d := range differences(before, after) {
		if strings.Contains(d, "mine.txt") || strings.HasPrefix(d, "/etc/confd/conf.d:") {
			t.Errorf("the user's own: %s", d)
		}
	}
	r = s.ok(false)
	if d := differences(after, s.tree()); len(d) > 0 {
		t.Errorf("a second run changed %v", d)
	}
	t.Logf("second run: %s, %v", r.Took, r.Phases)

	// What somebody broke is mended, and nothing else is touched.
	must(t, errors.Join(os.Chmod(filepath.Join(root, agent.ExecPath), 0o600), os.WriteFile(filepath.Join(root, "/etc/init.d/confd"), []byte("#!/bin/sh\n"), 0o755)))
	if r := s.ok(true); len(r.Changes) != 2 {
		t.Errorf("mended %+v", r.Changes)
	}
	if d := differences(after, s.tree()); len(d) > 0 {
		t.Errorf("mending left %v", d)
	}
}

func TestPlan(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{})
	before := s.tree()
	s.opts.Plan = true
	r := s.ok(true)
	if d := differences(before, s.tree()); len(d) > 0 {
		t.Errorf("planning wrote %v", d)
	}
	diff := ""
	for _, a := range r.Changes {
		if a.Path == "/etc/init.d/confd" {
			diff = a.Diff
		}
	}
	if !strings.Contains(diff, "+#!/bin/sh") {
		t.Errorf("the diff: %s", diff)
	}
	plan := kvm.PlanOf([]*kvm.Report{r})
	s.opts.Plan, s.opts.Approved = false, plan
	must(t, os.WriteFile(filepath.Join(s.m.Root(t), "etc/init.d/confd"), []byte("another\n"), 0o755))
	if r := s.install(); r.OK || !strings.Contains(r.Error, "no longer as planned") || !strings.Contains(r.Error, "/etc/init.d/confd") {
		t.Errorf("a machine that changed: %v", r.Err)
	}
	must(t, os.Remove(filepath.Join(s.m.Root(t), "etc/init.d/confd")))
	s.ok(true)
	if r := s.install(); r.OK || !strings.Contains(r.Error, "not needed any more") {
		t.Errorf("a plan that was done: %v", r.Err)
	}
}

// metadata is a metadata server on a loopback port that knows the machine.
func metadata(t testing.TB) string {
	t.Helper()
	s := server.New(server.Options{})
	must(t, errors.Join(
		s.ReplaceData("/", map[string]any{"clusters": map[string]any{"cl-1": map[string]any{"cmd": map[string]any{"id": "c1", "cmd": "echo hello"}}}}),
		s.SetMapping(map[string]any{"127.0.0.1": map[string]any{"cmd": "/clusters/cl-1/cmd"}}),
	))
	h := httptest.NewServer(s.Data())
	t.Cleanup(func() { s.Close(); h.Close() })
	return strings.TrimPrefix(h.URL, "http://")
}

func TestUpgradeKeepsTheServiceRunning(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{})
	s.opts.Metadata, s.opts.Start = metadata(t), true
	s.ok(true)
	pid := func() string {
		out, _ := exec.Command("chroot", s.m.Root(t), "cat", agent.Home+"/run/confd.pid").Output()
		return strings.TrimSpace(string(out))
	}
	first := pid()
	if first == "" {
		t.Fatal("the daemon does not run")
	}
	// As the platform would have it: a command from the metadata is run.
	log := filepath.Join(s.m.Root(t), agent.Home, "log", "cmd.log")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if text, err := os.ReadFile(log); err == nil && strings.Contains(string(text), "c1 [successful]: echo hello") {
			break
		} else if time.Now().After(end) {
			t.Fatalf("the command was not run: %s, %v", text, err)
		}
	}
	s.opts.Start = false
	if r := s.ok(false); !r.Facts.Running || pid() != first {
		t.Error("a second run touched the daemon")
	}
	data, err := daemon()
	must(t, err)
	newer := agent.New("newer", "amd64", append(append([]byte(nil), data...), 0))
	s.opts.Agent = ready(t, newer)
	s.ok(true)
	if second := pid(); second == first || second == "" {
		t.Errorf("the daemon was pid %s and is %s", first, second)
	}
	// One that another agent's service has started, or somebody by hand: its
	// process is in no file, and must not go on beside the new one.
	must(t, os.Remove(filepath.Join(s.m.Root(t), agent.Home, "run/confd.pid")))
	s.opts.Agent = ready(t, bundle(t))
	s.ok(true)
	out, err := exec.Command("chroot", s.m.Root(t), "sh", "-c", `ls -l /proc/[0-9]*/exe 2>/dev/null | sed -n "s|.*/proc/\([0-9]*\)/exe -> .*app-agent/bin/confd.*|\1|p"`).Output()
	if err != nil || strings.TrimSpace(string(out)) != pid() || pid() == "" {
		t.Errorf("the daemons are %q, and the service's %q (%v)", out, pid(), err)
	}
}

func TestPersistLogs(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{Setup: "mkdir -p /data; mount -t tmpfs tmpfs /data; mkdir /disk\n"})
	s.opts.Metadata, s.opts.PersistLogs = metadata(t), "/disk/logs"
	s.ok(true)
	log := filepath.Join(s.m.Root(t), agent.Home, "log")
	h, err := s.dialer.Dial(t.Context(), s.target)
	must(t, err)
	defer h.Close()
	service := func(what string) {
		t.Helper()
		if _, err := h.Run(t.Context(), kvm.Cmd{Script: `/etc/init.d/confd "$1"`, Args: []string{what}}); err != nil {
			t.Fatal(err)
		}
	}
	must(t, os.WriteFile(filepath.Join(log, "mine.log"), []byte("old\n"), 0o644))
	service("start")
	if st, err := os.Lstat(log); err != nil || !st.IsDir() {
		t.Errorf("without a volume: %v, %v", st, err)
	}
	service("stop")
	s.opts.PersistLogs = "/data/app-agent/logs"
	s.ok(true)
	for range 2 {
		service("start")
		service("stop")
		if link, err := os.Readlink(log); err != nil || link != "/data/app-agent/logs" {
			t.Fatalf("%q, %v", link, err)
		}
	}
	for _, f := range []string{"mine.log", "cmd.info", "cmd.log", "confd.log", "confd-onetime.log"} {
		if _, err := os.Stat(filepath.Join(s.m.Root(t), "data/app-agent/logs", f)); err != nil {
			t.Error(err)
		}
	}
	s.ok(false)
}

func TestRollback(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{Setup: "mkdir -p /etc/logrotate.d; echo mine >/etc/logrotate.d/app-agent; chmod 600 /etc/logrotate.d/app-agent; chown 7:8 /etc/logrotate.d/app-agent\n"})
	before := s.tree()
	data, err := daemon()
	must(t, err)
	broken := agent.New("broken", "amd64", append([]byte("#!/bin/sh\nexit 3\n"), data[:1000]...))
	s.opts.Agent = ready(t, broken)
	r := s.install()
	if r.OK || r.Failed != kvm.PhaseVerify || !strings.Contains(r.Error, "does not run: it ends with exit status 3 and says nothing") {
		t.Errorf("%v in %s", r.Err, r.Failed)
	}
	if d := differences(before, s.tree()); len(d) > 0 {
		t.Errorf("the rollback left %v", d)
	}
	s.opts.Rollback = false
	if r := s.install(); r.OK || len(differences(before, s.tree())) == 0 {
		t.Errorf("without rollback: %v", r.Err)
	}
	// The first state is what a later rollback goes back to.
	s.opts.Rollback = true
	if r := s.install(); r.OK {
		t.Error("the broken daemon was installed")
	}
	if d := differences(before, s.tree()); len(d) > 0 {
		t.Errorf("the later rollback left %v", d)
	}
	s.opts.Agent = ready(t, bundle(t))
	s.ok(true)
}

// What a service has written since it was started goes with it.
func TestRollbackOfAStart(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{})
	before := s.tree()
	s.opts.Agent = ready(t, agent.New("broken", "amd64", []byte("#!/bin/sh\ncase $* in\n-version) exit 3 ;;\n-onetime) echo once ;;\n*) echo started; : >/opt/qingcloud/app-agent/log/more.log; exec sleep 1000 ;;\nesac\n")))
	s.opts.Start, s.opts.Rollback = true, false
	if r := s.install(); r.OK || r.Failed != kvm.PhaseConfigure || !strings.Contains(r.Error, "confd did not start; see ") {
		t.Fatalf("%v in %s", r.Err, r.Failed)
	}
	if log, err := os.ReadFile(filepath.Join(s.m.Root(t), agent.Home, "log/confd.log")); err != nil || string(log) != "started\n" {
		t.Fatalf("the service was not started: %q, %v", log, err)
	}
	s.opts.Rollback = true
	if r := s.install(); r.OK {
		t.Fatal("the broken daemon was installed")
	}
	if d := differences(before, s.tree()); len(d) > 0 {
		t.Errorf("the rollback left %v", d)
	}
}

func TestRefusals(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{Setup: "printf 'ID=plan9\\nPRETTY_NAME=\"Plan 9\"\\n' >/etc/os-release.new; mv /etc/os-release.new /etc/os-release\n"})
	r := s.install()
	if r.OK || r.Failed != kvm.PhasePreflight || !strings.Contains(r.Error, "Plan 9") || !strings.Contains(strings.Join(r.Hints, ""), "--force-init") {
		t.Errorf("an unknown system: %v %q", r.Err, r.Hints)
	}
	s.opts.ForceInit = agent.Systemd
	s.ok(true)
	if _, err := os.Stat(filepath.Join(s.m.Root(t), "etc/systemd/system/confd.service")); err != nil {
		t.Error(err)
	}
	must(t, os.RemoveAll(filepath.Join(s.m.Root(t), agent.ExecPath)))
	must(t, os.Mkdir(filepath.Join(s.m.Root(t), agent.ExecPath), 0o755))
	if r := s.install(); r.OK || !strings.Contains(r.Error, "it is a folder on the machine") {
		t.Errorf("a folder in the way: %v", r.Err)
	}
}
