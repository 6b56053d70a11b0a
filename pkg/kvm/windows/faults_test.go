package windows_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/windows"
)

// mortal is a dialer whose host dies at a stage.
type mortal struct {
	windows.Dialer
	*kvmtest.Mortal
}

func newMortal(d windows.Dialer, at kvmtest.Stage) *mortal { return &mortal{d, kvmtest.NewMortal(at)} }

func (m *mortal) DialEither(ctx context.Context, t kvm.Target) (kvm.Host, windows.Host, error) {
	linux, h, err := m.Dialer.DialEither(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	return linux, &mortalHost{h, m}, nil
}

type mortalHost struct {
	windows.Host
	m *mortal
}

func (h *mortalHost) Run(ctx context.Context, doing, line string) (out kvm.Output, err error) {
	err = h.m.Step(doing, func() error {
		var err error
		out, err = h.Host.Run(ctx, doing, line)
		return err
	})
	return out, err
}

func (h *mortalHost) Files(ctx context.Context, doing string, do func(*sftp.Client) error) error {
	return h.m.Step(doing, func() error { return h.Host.Files(ctx, doing, do) })
}

// Upload dies in its middle, too: with half of the file there.
func (h *mortalHost) Upload(ctx context.Context, path string, c kvm.Content) error {
	return h.m.Step("uploading", func() error {
		if h.m.Last() {
			c.Size /= 2
		}
		return h.Host.Upload(ctx, path, c)
	})
}

// A client that is killed at any step leaves a machine on which a later run
// succeeds, or that a failing later run makes what it was.
func TestClientIsKilledOnWindows(t *testing.T) {
	s := newSite(t)
	// An older agent, so that there is something to lose.
	s.ok(true)
	s.write("bin/exec.bat", "older\r\n")
	must(t, os.RemoveAll(s.path("log")))
	s.w.Wine(t, "sc", "delete", agent.WindowsService)
	before, good, old := s.tree(), s.dialer, t.TempDir()
	must(t, os.CopyFS(old, os.DirFS(s.path(""))))
	s.opts.Agent = s.agent(append(bytes.Clone(s.confd), "newer"...))
	newer := s.opts.Agent
	counting := newMortal(good, kvmtest.Stage{})
	s.dialer = counting
	s.ok(true)
	after := s.tree()
	s.dialer = good
	undo := func() {
		t.Helper()
		must(t, os.RemoveAll(s.path("")))
		must(t, os.CopyFS(s.path(""), os.DirFS(old)))
		s.w.Wine(t, "sc", "delete", agent.WindowsService)
		s.unchanged(before)
	}
	first := 0 // nothing is written before the lock
	names := counting.Names()
	for n, name := range names {
		if name == "taking the machine into its hands" {
			first = n + 1
		}
	}
	if first == 0 || len(names)-first < 30 {
		t.Fatalf("only %d steps: %q", len(names), names)
	}
	for n := first; n <= len(names); n += 3 {
		late, goOn := n%2 == 0, n%4 > 0
		t.Run(fmt.Sprintf("step_%d_late_%v_%s", n, late, names[n-1]), func(t *testing.T) {
			s.t = t
			undo()
			s.opts.Agent = newer
			s.dialer = newMortal(good, kvmtest.Stage{Nth: n, After: late})
			if r := s.install(); r.OK {
				t.Fatal("the client was not killed")
			}
			s.dialer = good
			s.endRun()
			if goOn {
				s.install()
				s.unchanged(after)
				return
			}
			s.opts.Agent = s.agent([]byte("MZ this is no program"))
			s.fails("confd -version")
			if len(differences(after, s.tree())) > 0 { // else the killed run had come to its end
				s.unchanged(before)
			}
		})
	}
	s.t = t
}

// endRun makes a killed run a process that has ended: it was one of this test's.
func (s *site) endRun() {
	s.t.Helper()
	owner := filepath.Join(s.w.Drive, "Program Files (x86)/appimg/owner")
	if _, err := os.Stat(owner); err == nil {
		name, err := os.Hostname()
		must(s.t, err)
		must(s.t, os.WriteFile(owner, []byte(name+"/4194305/ENDED"), 0o600)) // no process has this number
	}
}

// A line that is cut in the middle of it all is brought back, and the work goes on.
func TestLineIsCutOnWindows(t *testing.T) {
	s := newSite(t)
	line := kvmtest.NewLine(t, s.w.Addr())
	s.through(line)
	begin := line.Sent()
	s.ok(true)
	total, after := line.Sent()-begin, s.tree()
	for _, part := range []int64{10, 50, 97} {
		must(t, os.RemoveAll(filepath.Join(s.w.Drive, "Program Files (x86)/QingCloud")))
		s.w.Wine(t, "sc", "delete", agent.WindowsService)
		dials := line.Dials()
		line.CutAfter(total * part / 100)
		s.ok(true)
		if line.Dials()-dials < 2 {
			t.Errorf("after %d%%: the line was not cut", part)
		}
		s.unchanged(after)
	}
}

// Ctrl-C leaves the machine as it was.
func TestCancelledOnWindows(t *testing.T) {
	s := newSite(t)
	before := s.tree()
	for _, phase := range []kvm.Phase{kvm.PhaseUpload, kvm.PhaseConfigure} {
		ctx, cancel := context.WithCancel(t.Context())
		s.opts.Event = func(ev kvm.Event) {
			if ev.Phase == phase {
				cancel()
			}
		}
		r := windows.InstallAgent(ctx, s.dialer, s.target, s.opts)
		if r.OK || !errors.Is(r.Err, context.Canceled) {
			t.Errorf("cancelled in %s: %v", phase, r.Err)
		}
		s.unchanged(before)
	}
}

// One run has the machine, another is told so. A run that is not heard has lost it.
func TestTwoRunsOnWindows(t *testing.T) {
	s := newSite(t)
	owner := filepath.Join(s.w.Drive, "Program Files (x86)/appimg/owner")
	must(t, os.MkdirAll(filepath.Dir(owner), 0o755))
	must(t, os.WriteFile(owner, []byte("elsewhere/1/OTHER"), 0o644))
	ctx, stop := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() {
		for n := 1; ctx.Err() == nil; n++ {
			_ = os.WriteFile(owner, fmt.Appendf(nil, "elsewhere/1/OTHER\n%d", n), 0o644)
			time.Sleep(300 * time.Millisecond)
		}
	})
	r := s.fails("another run works on the machine", "wait for it to end")
	stop()
	ended.Wait()
	if r.Failed != kvm.PhaseLock {
		t.Errorf("it failed in %s", r.Failed)
	}
	if r := windows.InstallImpatiently(t.Context(), s.dialer, s.target, s.opts, time.Second); !r.OK {
		t.Error(r.Err)
	}
}

// Without a rollback the next run goes on from what a failed one has left.
func TestWithoutRollbackOnWindows(t *testing.T) {
	s := newSite(t)
	good := s.opts.Agent
	s.opts.Agent, s.opts.Rollback = s.agent([]byte("MZ this is no program")), false
	s.fails("confd -version", "the machine was left as it is")
	s.opts.Agent = good
	if r := s.ok(true); !r.Facts.Unfinished {
		t.Error("the earlier run was not seen")
	}
	if left, err := filepath.Glob(s.path("*/*.appimg-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	s.ok(false)
}

// A daemon that somebody has started by hand keeps its old program: the next run
// removes that, and none replaces it a second time before.
func TestProgramInUseOnWindows(t *testing.T) {
	s := newSite(t)
	s.ok(true)
	by := exec.Command("wine", s.path("bin/confd.exe"), "-watch", "-node", "127.0.0.1:1")
	by.Env = s.w.Env
	must(t, by.Start())
	t.Cleanup(func() { _ = by.Process.Kill(); _ = by.Wait() })
	old := s.path("bin/confd.exe.appimg-old")
	s.opts.Agent = s.agent(append(bytes.Clone(s.confd), "newer"...))
	r := s.ok(true)
	if _, err := os.Stat(old); err != nil {
		t.Fatalf("a program that runs was removed: %q", r.Notes)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "the next run removes it") }) {
		t.Errorf("not told: %q", r.Notes)
	}
	s.opts.Agent = s.agent(append(bytes.Clone(s.confd), "newest"...))
	s.fails("confd.exe.appimg-old", "end the program that runs from it")
	must(t, by.Process.Kill())
	_ = by.Wait() // it was killed
	s.ok(true)
	if _, err := os.Stat(old); err == nil {
		t.Error("it is still there")
	}
	s.ok(false)
}
