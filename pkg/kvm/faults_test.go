package kvm_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// A client that is killed between any two things that it does leaves a machine
// on which a later run succeeds, or that a failing later run makes what it was.
func TestClientIsKilled(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{Setup: "mkdir -p /etc/logrotate.d; echo mine >/etc/logrotate.d/app-agent\n"})
	s.opts.ForceInit = agent.Systemd
	before := s.tree()
	good, whole := s.dialer, s.opts
	counting := newMortal(good, kvmtest.Stage{})
	if r := kvm.InstallAgent(t.Context(), counting, s.target, s.opts); !r.OK {
		t.Fatal(r.Err)
	}
	if len(counting.Names()) < 5 {
		t.Fatalf("only %d steps: %q", len(counting.Names()), counting.Names())
	}
	after := s.tree()
	broken := ready(t, agent.New("broken", "amd64", append([]byte("#!/bin/sh\nexit 3\n"), make([]byte, 1000)...)))

	for n := 1; n <= len(counting.Names()); n++ {
		for _, late := range []bool{false, true} {
			at := kvmtest.Stage{Nth: n, After: late}
			t.Run(strings.ReplaceAll(at.String(), " ", "_")+"_"+strings.ReplaceAll(counting.Names()[n-1], " ", "_"), func(t *testing.T) {
				s.t = t
				s.undo(before)
				for _, goOn := range []bool{true, false} {
					r := kvm.InstallAgent(t.Context(), newMortal(good, at), s.target, whole)
					if r.OK && !(late && n == len(counting.Names())) {
						t.Fatal("the client was not killed")
					}
					s.forget()
					if !goOn {
						break
					}
					if r := kvm.InstallAgent(t.Context(), good, s.target, whole); !r.OK {
						t.Fatalf("the next run: %v", r.Err)
					}
					if d := differences(after, s.tree()); len(d) > 0 {
						t.Fatalf("the next run left %v", d)
					}
					s.undo(before)
				}
				failing := whole
				failing.Agent = broken
				if r := kvm.InstallAgent(t.Context(), good, s.target, failing); r.OK {
					t.Fatal("the broken daemon was installed")
				}
				now := s.tree()
				if _, err := os.Stat(filepath.Join(s.m.Root(t), kvm.StateDir, "agent")); err == nil {
					return // the killed run had come to its end: that is what it goes back to
				}
				if d := differences(before, now); len(d) > 0 {
					t.Errorf("the rollback left %v", d)
				}
			})
		}
	}
}

// forget makes a killed run look as if it was not seen for a minute: it was a
// process of this test, which lives.
func (s *site) forget() {
	s.t.Helper()
	owner := filepath.Join(s.m.Root(s.t), kvm.StateDir, "owner")
	if _, err := os.Stat(owner); err == nil {
		long := time.Now().Add(-2 * time.Minute)
		must(s.t, os.Chtimes(owner, long, long))
	}
}

// undo makes the machine's tree what it was.
func (s *site) undo(before map[string]string) {
	s.t.Helper()
	s.wipe(before)
	file := filepath.Join(s.m.Root(s.t), "etc/logrotate.d/app-agent")
	must(s.t, errors.Join(os.WriteFile(file, []byte("mine\n"), 0o644), os.Chmod(file, 0o644)))
	if d := differences(before, s.tree()); len(d) > 0 {
		s.t.Fatalf("undoing left %v", d)
	}
}

// A line that is cut anywhere is brought back, and the work goes on.
func TestLineIsCut(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{})
	before := s.tree()
	line := kvmtest.NewLine(t, s.m.Addr())
	s.through(line)
	begin := line.Sent()
	s.ok(true)
	total := line.Sent() - begin
	after := s.tree()
	const points = 24
	for i := range points {
		s.wipe(before)
		at := total * int64(i) / points
		line.CutAfter(at + 1)
		dials := line.Dials()
		r := s.install()
		if at < 4000 && !r.OK { // not connected yet: that is no connection to bring back
			s.ok(true)
		} else if !r.OK {
			t.Errorf("cut after %d of %d bytes: %v", at, total, r.Err)
			s.forget()
			s.ok(true)
		} else if line.Dials()-dials < 2 {
			t.Errorf("cut after %d of %d bytes: the line was not cut", at, total)
		}
		if d := differences(after, s.tree()); len(d) > 0 {
			t.Errorf("cut after %d of %d bytes left %v", at, total, d)
		}
	}
}

// wipe removes what is not in before.
func (s *site) wipe(before map[string]string) {
	s.t.Helper()
	for p := range s.tree() {
		if _, ok := before[p]; !ok {
			must(s.t, os.RemoveAll(filepath.Join(s.m.Root(s.t), p)))
		}
	}
}

// Two runs at once: one has the machine, the other is told so.
func TestTwoRunsAtOnce(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{})
	h, err := s.dialer.Dial(t.Context(), s.target)
	must(t, err)
	defer h.Close()
	facts, _, err := kvm.Survey(t.Context(), h)
	must(t, err)
	w, err := kvm.Own(t.Context(), h, facts, "install-agent")
	must(t, err)
	if r := s.install(); r.OK || r.Failed != kvm.PhaseLock || !strings.Contains(r.Error, "its hands: the machine is in the hands of ") {
		t.Errorf("the second run: %v in %s", r.Err, r.Failed)
	}
	// Not seen for a minute, it has lost the machine, and notices.
	s.forget()
	s.ok(true)
	if err := w.Commit(t.Context(), "agent", []byte("x\n")); err != nil && !strings.Contains(err.Error(), "taken the machine over") {
		t.Errorf("the first run: %v", err)
	}
	s.ok(false)
}

// halving is a dialer under whose hosts half of a list of actions arrives, as
// where the line is cut.
type halving struct{ kvm.Dialer }

type halvedHost struct{ kvm.Host }

func (d halving) Dial(ctx context.Context, t kvm.Target) (kvm.Host, error) {
	h, err := d.Dialer.Dial(ctx, t)
	return halvedHost{h}, err
}

func (h halvedHost) Run(ctx context.Context, c kvm.Cmd) (kvm.Output, error) {
	if c.Title == "putting files in place" {
		list, err := io.ReadAll(c.Stdin)
		if err != nil {
			return kvm.Output{}, err
		}
		c.Stdin = bytes.NewReader(list[:bytes.Index(list, []byte("\nend\n"))/2])
	}
	return h.Host.Run(ctx, c)
}

// Half a list is not worked through.
func TestHalfAListArrives(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{})
	before := s.tree()
	good := s.dialer
	r := kvm.InstallAgent(t.Context(), halving{good}, s.target, s.opts)
	if r.OK || r.Failed != kvm.PhaseInstall || !strings.Contains(r.Error, "did not arrive whole") {
		t.Errorf("%v in %s", r.Err, r.Failed)
	}
	if d := differences(before, s.tree()); len(d) > 0 {
		t.Errorf("left %v", d)
	}
}
