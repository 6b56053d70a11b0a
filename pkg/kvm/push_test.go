package kvm_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// pushing is a push to a site, with what it told.
type pushing struct {
	*site
	o kvm.PushOptions

	mu   sync.Mutex
	said []string
}

func file(path, text string) kvm.Want { return kvm.Want{Path: path, Mode: 0o644, Data: []byte(text)} }

const pairToml = "[template]\nsrc = \"store.tmpl\"\ndest = \"/etc/store.conf\"\nkeys = [\"/\"]\n"

func newPushing(t testing.TB, o kvmtest.MachineOptions) *pushing {
	t.Helper()
	p := &pushing{site: newSite(t, o)}
	p.o = kvm.PushOptions{
		Options: kvm.Options{Rollback: true, Event: p.hear}, Title: "store",
		Wants: []kvm.Want{
			file("/etc/confd/conf.d/store.toml", pairToml), file("/etc/confd/templates/store.tmpl", "port={{getv \"/env/port\"}}\n"),
			{Path: "/opt/store", Mode: fs.ModeDir | 0o755, Keep: true}, {Path: "/opt/store/bin/run", Mode: 0o755, Data: []byte("#!/bin/sh\n")},
			{Path: "/opt/store/current", Mode: fs.ModeSymlink | 0o777, Link: "bin/run"}, file("/opt/store/big", strings.Repeat("0123456789abcdef\x00", 4000)),
		},
		Env: []string{"APPIMG_IMAGE=store"},
	}
	return p
}

func (p *pushing) hear(ev kvm.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ev.Output {
		p.said = append(p.said, ev.Note)
	}
}

func (p *pushing) push() *kvm.Report {
	p.t.Helper()
	p.mu.Lock()
	p.said = nil
	p.mu.Unlock()
	return kvm.Push(p.t.Context(), p.dialer, p.target, p.o)
}

// pushed fails the test unless the push succeeds and changes something or not.
func (p *pushing) pushed(changed bool) *kvm.Report {
	p.t.Helper()
	r := p.push()
	if !r.OK || r.Changed != changed {
		p.t.Fatalf("ok %v, changed %v (want %v): %v\n%v, %d changes", r.OK, r.Changed, changed, r.Err, r.Notes, len(r.Changes))
	}
	return r
}

// refused fails the test unless the push fails with all words, and changes nothing.
func (p *pushing) refused(phase kvm.Phase, words ...string) *kvm.Report {
	p.t.Helper()
	before := p.tree()
	r := p.push()
	if r.OK || r.Failed != phase {
		p.t.Errorf("ok %v in %s: %v", r.OK, r.Failed, r.Err)
	}
	for _, w := range words {
		if !strings.Contains(r.Error+strings.Join(r.Hints, "\n"), w) {
			p.t.Errorf("%q is missing in %s\n%q", w, r.Error, r.Hints)
		}
	}
	if d := differences(before, p.tree()); len(d) > 0 {
		p.t.Errorf("it left %v", d)
	}
	return r
}

func (p *pushing) uninstall(force bool) *kvm.Report {
	p.t.Helper()
	return kvm.UninstallAgent(p.t.Context(), p.dialer, p.target, kvm.UninstallOptions{Options: kvm.Options{Rollback: true}, Force: force})
}

func (p *pushing) put(file, text string) {
	p.t.Helper()
	full := filepath.Join(p.m.Root(p.t), file)
	must(p.t, errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte(text), 0o644)))
}

func (p *pushing) without(path string) {
	p.o.Wants = slices.DeleteFunc(slices.Clone(p.o.Wants), func(w kvm.Want) bool { return w.Path == path })
}

func TestPush(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	before := p.tree()
	p.o.Plan = true
	if r := p.pushed(true); len(r.Changes) < 8 {
		t.Errorf("the plan has %d changes", len(r.Changes))
	}
	if d := differences(before, p.tree()); len(d) > 0 {
		t.Errorf("planning wrote %v", d)
	}
	p.o.Plan = false
	r := p.pushed(true)
	if !strings.Contains(strings.Join(r.Notes, "\n"), "no agent on the machine") {
		t.Errorf("%q", r.Notes)
	}
	after := p.tree()
	for path, want := range map[string]string{"/opt/store/bin/run": "-rwxr-xr-x 0:0 ", "/opt/store/current": "-> bin/run", "/etc/confd/conf.d/store.toml": kvm.SumOf([]byte(pairToml))} {
		if !strings.Contains(after[path], want) {
			t.Errorf("%s: %s", path, after[path])
		}
	}
	p.pushed(false)
	if d := differences(after, p.tree()); len(d) > 0 {
		t.Errorf("a second push changed %v", d)
	}

	// What somebody edited is not lost.
	p.put("/etc/confd/templates/store.tmpl", "port=1\n")
	p.refused(kvm.PhasePreflight, "/etc/confd/templates/store.tmpl (edited since the last push)", "kvm pull", "--force")
	p.o.Force = true
	p.pushed(true)
	p.o.Force = false
	// What the project changes, and what it no longer has.
	p.o.Wants[1].Data = []byte("port={{getv \"/env/port\"}}\nmore=1\n")
	p.without("/opt/store/bin/run")
	p.pushed(true)
	now := p.tree()
	if now["/opt/store/bin/run"] != "" || now["/opt/store/bin"] != "" || now["/opt/store"] == "" {
		t.Errorf("what the project no longer has: %s %s", now["/opt/store/bin/run"], now["/opt/store/bin"])
	}
	p.pushed(false)
	p.put("/opt/store/big", "edited\n")
	p.without("/opt/store/big")
	p.refused(kvm.PhasePreflight, "/opt/store/big (edited since the last push; the project no longer has it)")
	// Something else in the way.
	p.put("/etc/foreign.conf", "theirs\n")
	p.o.Wants = append(p.o.Wants, file("/etc/foreign.conf", "ours\n"))
	p.refused(kvm.PhasePreflight, "/etc/foreign.conf (not put there by appimg)")
	p.o.Force = true
	p.pushed(true)
	// A file that is as its package brought it is nobody's work.
	p.o.Force = false
	p.o.Wants = append(p.o.Wants, file("/etc/issue", "ours\n"), file("/usr/share/doc/bash/copyright", "ours\n"))
	p.pushed(true)

	if r := p.uninstall(false); !r.OK {
		t.Fatal(r.Err)
	}
	if left := differences(before, p.tree()); len(left) != 1 || !strings.HasPrefix(left[0], "/etc/issue") { // it was overwritten
		t.Errorf("left %v", left)
	}
}

func TestPushToARunningAgent(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{Setup: "mkdir -p /run/x\n"})
	before := p.tree()
	p.opts.Metadata, p.opts.Start = metadata(t), true
	p.ok(true)
	pid := func() string {
		text, _ := os.ReadFile(filepath.Join(p.m.Root(t), "opt/qingcloud/app-agent/run/confd.pid"))
		return strings.TrimSpace(string(text))
	}
	first := pid()
	p.pushed(true)
	if second := pid(); second == first || second == "" {
		t.Errorf("the daemon was %q and is %q", first, second)
	}
	second := pid()
	p.pushed(false)
	if pid() != second {
		t.Error("a push without a change restarted the daemon")
	}
	p.put("/etc/confd/conf.d/mine.toml", "# mine\n")
	must(t, os.WriteFile(filepath.Join(p.m.Root(t), "etc/init.d/confd"), []byte("#!/bin/sh\n# edited\n"), 0o755))
	r := p.uninstall(false)
	if !r.OK || !strings.Contains(strings.Join(r.Notes, "\n"), `kept "/etc/init.d/confd": it was edited`) {
		t.Fatalf("%v %q", r.Err, r.Notes)
	}
	if out, err := exec.Command("chroot", p.m.Root(t), "sh", "-c", "ls -l /proc/[0-9]*/exe | grep app-agent").CombinedOutput(); err == nil {
		t.Errorf("the daemon still runs: %s", out)
	}
	var left []string
	for _, d := range differences(before, p.tree()) {
		path, _, _ := strings.Cut(d, ":")
		left = append(left, path)
	}
	slices.Sort(left)
	if want := []string{"/etc/confd", "/etc/confd/conf.d", "/etc/confd/conf.d/mine.toml", "/etc/init.d/confd"}; !slices.Equal(left, want) {
		t.Errorf("left %q", left)
	}
}

// count is a script that counts its runs on the machine.
func count(name, more string) kvm.Step {
	return kvm.Step{Name: name, Data: []byte("#!/bin/sh\necho x >>/root/" + name + "\necho " + name + " for $APPIMG_IMAGE\n" + more)}
}

func (p *pushing) runs(name string) int {
	text, _ := os.ReadFile(filepath.Join(p.m.Root(p.t), "root", name))
	return strings.Count(string(text), "x")
}

func (p *pushing) wantRuns(a, b int) {
	p.t.Helper()
	if p.runs("a") != a || p.runs("b") != b {
		p.t.Errorf("the scripts ran %d and %d times, not %d and %d", p.runs("a"), p.runs("b"), a, b)
	}
}

func TestProvision(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	before := p.tree()
	p.o.Steps = []kvm.Step{count("a", "printf unended"), count("b", "echo why >&2; exit 7\n")}
	r := p.push()
	if r.OK || r.Failed != kvm.PhaseProvision || !strings.Contains(r.Error, `running "b": exit status 7; it said last:`) || !strings.Contains(r.Error, "  why") || !strings.Contains(strings.Join(r.Hints, ""), "not undone") {
		t.Fatalf("%v in %s, %q", r.Err, r.Failed, r.Hints)
	}
	if want := []string{"a for store", "unended", "b for store", "why"}; !slices.Equal(p.said, want) {
		t.Errorf("said %q", p.said)
	}
	for _, d := range differences(before, p.tree()) {
		if !strings.HasPrefix(d, "/root") && !strings.HasPrefix(d, "/var/lib/appimg") {
			t.Errorf("left %s", d)
		}
	}
	p.wantRuns(1, 1)
	p.o.Steps[1] = count("b", "rm -f /opt/store/big; echo package >/opt/store/bin/run\n")
	r = p.pushed(true)
	p.wantRuns(1, 2)
	if !strings.Contains(strings.Join(r.Notes, "\n"), "changed 2 of the project's files") {
		t.Errorf("%q", r.Notes)
	}
	after := p.tree()
	p.pushed(false)
	if d := differences(after, p.tree()); len(d) > 0 {
		t.Errorf("a second push changed %v", d)
	}
	p.wantRuns(1, 2)
	p.o.Reprovision = true
	p.pushed(true)
	p.wantRuns(2, 3)
	p.o.Reprovision = false
	p.o.Steps[0] = count("a", "# changed\n")
	p.pushed(true)
	p.wantRuns(3, 4)
	if r := p.uninstall(false); !r.OK {
		t.Fatal(r.Err)
	}
	for _, f := range []string{"a", "b"} {
		must(t, os.Remove(filepath.Join(p.m.Root(t), "root", f)))
	}
	if d := differences(before, p.tree()); len(d) > 0 {
		t.Errorf("left %v", d)
	}
}

// A script goes on while the line is cut, and is not run a second time.
func TestLineIsCutWhileAScriptRuns(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	line := kvmtest.NewLine(t, p.m.Addr())
	p.through(line)
	p.o.Steps = []kvm.Step{count("a", "while [ ! -e /root/go ]; do sleep 0.1; done; echo end\n")}
	done := make(chan *kvm.Report, 1)
	go func() { done <- p.push() }()
	p.awaitRun("a")
	dials := line.Dials()
	line.Cut()
	for end := time.Now().Add(60 * time.Second); line.Dials() == dials; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not connect again")
		}
	}
	p.put("/root/go", "")
	if r := <-done; !r.OK {
		t.Fatal(r.Err)
	}
	p.wantRuns(1, 0)
	if want := []string{"a for store", "end"}; !slices.Equal(p.said, want) {
		t.Errorf("said %q", p.said)
	}
}

func (p *pushing) awaitRun(name string) {
	p.t.Helper()
	for end := time.Now().Add(60 * time.Second); p.runs(name) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("the script %s did not run", name)
		}
	}
}

// Who interrupts a push ends the script on the machine, and all is put back.
func TestPushIsInterrupted(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	before := p.tree()
	p.o.Steps = []kvm.Step{count("a", "sleep 1000\n")}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan *kvm.Report, 1)
	go func() { done <- kvm.Push(ctx, p.dialer, p.target, p.o) }()
	p.awaitRun("a")
	cancel()
	if r := <-done; !errors.Is(r.Err, context.Canceled) {
		t.Errorf("%v", r.Err)
	}
	if out, err := exec.Command("chroot", p.m.Root(t), "sh", "-c", "grep -l 'sleep' /proc/[0-9]*/comm").CombinedOutput(); err == nil {
		t.Errorf("the script still runs: %s", out)
	}
	must(t, os.Remove(filepath.Join(p.m.Root(t), "root/a")))
	if d := differences(before, p.tree()); len(d) > 0 {
		t.Errorf("left %v", d)
	}
}

// dying runs do with a client that is killed before and after each of its steps,
// from the machine's state before; then it runs again, with one that lives.
func (p *pushing) dying(before map[string]string, do func(d kvm.Dialer) *kvm.Report, reset func()) {
	t := p.t.(*testing.T)
	counting := &mortal{Dialer: p.dialer}
	if r := do(counting); !r.OK {
		t.Fatal(r.Err)
	}
	after := p.tree()
	for n := 1; n <= counting.steps; n++ {
		for _, late := range []bool{false, true} {
			at := stage{n, late}
			t.Run(strings.ReplaceAll(fmt.Sprint(at, " ", counting.names[n-1]), " ", "_"), func(t *testing.T) {
				p.t = t
				p.site.t = t
				reset()
				if d := differences(before, p.tree()); len(d) > 0 {
					t.Fatalf("the reset left %v", d)
				}
				if r := do(&mortal{Dialer: p.dialer, at: at}); r.OK && !(late && n == counting.steps) {
					t.Fatal("the client was not killed")
				}
				p.forget()
				if r := do(p.dialer); !r.OK {
					t.Fatalf("the next run: %v", r.Err)
				}
				if d := differences(after, p.tree()); len(d) > 0 {
					t.Errorf("the next run left %v", d)
				}
			})
		}
	}
	p.t, p.site.t = t, t
}

func TestClientIsKilledWhilePushing(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	p.o.Steps = []kvm.Step{{Name: "a", Data: []byte("#!/bin/sh\necho hello\n")}}
	before := p.tree()
	p.dying(before, func(d kvm.Dialer) *kvm.Report { return kvm.Push(t.Context(), d, p.target, p.o) }, func() { p.wipe(before) })
}

func TestClientIsKilledWhileUninstalling(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	fresh := p.tree()
	p.ok(true)
	p.pushed(true)
	p.dying(p.tree(), func(d kvm.Dialer) *kvm.Report {
		return kvm.UninstallAgent(t.Context(), d, p.target, kvm.UninstallOptions{Options: kvm.Options{Rollback: true}})
	}, func() {
		p.wipe(fresh)
		p.ok(true)
		p.pushed(true)
	})
	if d := differences(fresh, p.tree()); len(d) > 0 {
		t.Errorf("left %v", d)
	}
}

// A push that was left unfinished is put back by another command.
func TestAnotherCommandAfterAKilledPush(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	before := p.tree()
	p.o.Steps = []kvm.Step{count("a", "sleep 1000\n")}
	ctx, cancel := context.WithCancel(t.Context())
	p.o.Rollback = false
	done := make(chan *kvm.Report, 1)
	go func() { done <- kvm.Push(ctx, p.dialer, p.target, p.o) }()
	p.awaitRun("a")
	cancel()
	<-done
	if r := p.uninstall(false); !r.OK || !strings.Contains(strings.Join(r.Notes, "\n"), `an earlier "push" did not come to its end`) {
		t.Fatalf("%v %q", r.Err, r.Notes)
	}
	must(t, os.Remove(filepath.Join(p.m.Root(t), "root/a")))
	if d := differences(before, p.tree()); len(d) > 0 {
		t.Errorf("left %v", d)
	}
}

func TestUninstallForeignAgent(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{Setup: "echo a >/etc/mine\n"})
	before := p.tree()
	if r := p.uninstall(false); !r.OK || r.Changed {
		t.Errorf("nothing to uninstall: %v", r.Err)
	}
	p.ok(true)
	must(t, os.RemoveAll(filepath.Join(p.m.Root(t), kvm.StateDir)))
	if r := p.uninstall(false); r.OK || !strings.Contains(r.Error, "was not installed by appimg") || !strings.Contains(strings.Join(r.Hints, ""), "--force") {
		t.Errorf("%v %q", r.Err, r.Hints)
	}
	if r := p.uninstall(true); !r.OK {
		t.Error(r.Err)
	}
	if d := differences(before, p.tree()); len(d) > 0 {
		t.Errorf("left %v", d)
	}
}

// Thousands of files are no matter of the command line's length.
func TestPushManyFiles(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	for i := range 1500 {
		p.o.Wants = append(p.o.Wants, file(fmt.Sprintf("/opt/store/a-folder-with-a-long-name/and another one/file-%d", i), "same\n"))
	}
	p.pushed(true)
	r := p.pushed(false)
	t.Logf("second push: %s", r.Took)
}

// What fails at the end leaves the machine as it was: files, modes, the record.
func TestPushAndUninstallAreRolledBack(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{Setup: "mkdir -p /opt/store; chmod 700 /opt/store; chown 5:6 /opt/store\n"})
	p.refusedBy(count("a", "exit 1\n"))
	p.o.Steps = nil
	p.pushed(true)
	p.o.Wants[1].Data = []byte("new={{getv \"/env/port\"}}\n")
	p.without("/opt/store/big")
	p.refusedBy(count("a", "exit 1\n"))
	p.o.Steps = nil
	p.pushed(true)
	p.ok(true)
	// A client that dies after the files are gone, and another command then.
	before := p.tree()
	counting := &mortal{Dialer: p.dialer, at: stage{nth: 3, after: true}}
	if r := kvm.UninstallAgent(t.Context(), counting, p.target, kvm.UninstallOptions{Options: kvm.Options{Rollback: true}}); r.OK {
		t.Fatal("the client was not killed")
	}
	if len(differences(before, p.tree())) == 0 {
		t.Fatalf("nothing was done yet: %q", counting.names)
	}
	p.forget()
	p.ok(false)
	if d := differences(before, p.tree()); len(d) > 0 {
		t.Errorf("left %v", d)
	}
}

// refusedBy fails the test unless a push with one more script fails in it, and
// leaves nothing but what the script has done.
func (p *pushing) refusedBy(s kvm.Step) {
	p.t.Helper()
	before := p.tree()
	p.o.Steps = []kvm.Step{s}
	if r := p.push(); r.OK || r.Failed != kvm.PhaseProvision {
		p.t.Errorf("%v in %s", r.Err, r.Failed)
	}
	must(p.t, os.Remove(filepath.Join(p.m.Root(p.t), "root", s.Name)))
	if d := differences(before, p.tree()); len(d) > 0 {
		p.t.Errorf("left %v", d)
	}
}

// Several machines at once, as another user with sudo's password.
func TestPushToManyHosts(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	targets := []kvm.Target{p.target, {Host: "127.0.0.1", Port: 1, User: "root"}}
	p.o.Steps = []kvm.Step{count("a", "")}
	for _, changed := range []bool{true, false} {
		reports := kvm.Each(t.Context(), targets, 2, func(ctx context.Context, at kvm.Target) *kvm.Report { return kvm.Push(ctx, p.dialer, at, p.o) })
		if !reports[0].OK || reports[0].Changed != changed || reports[1].OK || reports[1].Failed != kvm.PhaseConnect {
			t.Errorf("%v, %v", reports[0].Err, reports[1].Err)
		}
	}
	p.wantRuns(1, 0)
}

// A client that dies while a script runs leaves it running; the next one follows
// it to its end, and does not start it again.
func TestClientIsKilledWhileAScriptRuns(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	p.o.Steps = []kvm.Step{count("a", "while [ ! -e /root/go ]; do sleep 0.1; done; echo end\n")}
	dying := &mortal{Dialer: p.dialer, at: stage{nth: 5, after: true}}
	if r := kvm.Push(t.Context(), dying, p.target, p.o); r.OK || dying.names[4] != `running "a"` {
		t.Fatalf("the client was not killed while it ran: %q", dying.names)
	}
	p.awaitRun("a")
	p.forget()
	done := make(chan *kvm.Report, 1)
	go func() { done <- p.push() }()
	for end := time.Now().Add(60 * time.Second); !slices.Contains(p.heard(), "a for store"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the next run does not follow the script")
		}
	}
	p.put("/root/go", "")
	if r := <-done; !r.OK {
		t.Fatal(r.Err)
	}
	p.wantRuns(1, 0)
	if got := p.heard(); !slices.Equal(got, []string{"a for store", "end"}) {
		t.Errorf("said %q", got)
	}
}

func (p *pushing) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.said)
}
