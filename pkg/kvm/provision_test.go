package kvm_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

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

// A client that dies while a script runs leaves it running; the next one follows
// it to its end, and does not start it again.
func TestClientIsKilledWhileAScriptRuns(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	p.o.Steps = []kvm.Step{count("a", "while [ ! -e /root/go ]; do sleep 0.1; done; echo end\n")}
	dying := newMortal(p.dialer, kvmtest.Stage{Nth: 5, After: true})
	if r := kvm.Push(t.Context(), dying, p.target, p.o); r.OK || dying.Names()[4] != `running "a"` {
		t.Fatalf("the client was not killed while it ran: %q", dying.Names())
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
