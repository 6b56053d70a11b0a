package kvm_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

// slow is a site whose agent and record are on a disk that can be slow, behind a
// line, over a connection that counts as lost after a moment without an answer.
type slow struct {
	*site
	disk *kvmtest.Disk
	line *kvmtest.Line

	mu       sync.Mutex
	progress []int64
	seen     func(done int64) // hears of progress; nil is nobody
}

func newSlow(t testing.TB) *slow {
	t.Helper()
	s := &slow{disk: kvmtest.NewDisk(t, 200)}
	s.site = newSite(t, kvmtest.MachineOptions{Setup: "mkdir /slow; mount -o sync " + s.disk.Device + " /slow; mkdir /slow/opt /slow/lib\nmount --bind /slow/opt /opt; mount --bind /slow/lib /var/lib\n"})
	s.line = kvmtest.NewLine(t, s.m.Addr())
	s.through(s.line)
	home := t.TempDir()
	_, key, _ := strings.Cut(s.m.KnownHosts(t), " ")
	must(t, os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
	must(t, os.WriteFile(filepath.Join(home, ".ssh", "known_hosts"), []byte("[127.0.0.1]:* "+key), 0o600))
	var err error
	s.dialer, err = ssh.NewDialer(ssh.Options{
		Home: home, User: "tester", ConfigFile: "none", Identities: []string{s.key}, Reconnect: 3 * time.Second, KeepAlive: 500 * time.Millisecond,
		Progress: func(_, _ string, done, _ int64) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.progress = append(s.progress, done)
			if s.seen != nil {
				s.seen(done)
			}
		},
	})
	must(t, err)
	return s
}

// What takes its time on a slow disk is no lost connection: writing, waiting for
// what was written, going back.
func TestSlowDisk(t *testing.T) {
	t.Parallel()
	s := newSlow(t)
	s.disk.Slow(t, s.m, 1<<20)
	begin := time.Now()
	s.ok(true)
	if took := time.Since(begin); took < 8*time.Second { // more than 8 MB
		t.Errorf("the disk was not slow: %s", took)
	}
	if n := s.line.Dials(); n != 1 {
		t.Errorf("%d connections", n)
	}
	s.mu.Lock()
	steps := len(s.progress)
	s.mu.Unlock()
	if steps < 50 {
		t.Errorf("its progress was told %d times", steps)
	}
	s.ok(false)

	// A rollback takes as long as it takes: here more than half a minute.
	before := s.tree()
	s.opts.Agent = ready(t, agent.New("broken", "amd64", []byte("#!/bin/sh\nexit 3\n")))
	s.opts.Event = func(ev kvm.Event) {
		if ev.Phase == kvm.PhaseVerify {
			s.disk.Slow(t, s.m, 240<<10)
		}
	}
	begin = time.Now()
	if r := s.install(); r.OK || r.Failed != kvm.PhaseVerify || strings.Contains(r.Error, "rolling back") {
		t.Errorf("%v in %s", r.Err, r.Failed)
	}
	if took := time.Since(begin); took < 30*time.Second {
		t.Errorf("the rollback was not slow: %s", took)
	}
	if d := differences(before, s.tree()); len(d) > 0 {
		t.Errorf("the rollback left %v", d)
	}
}

// A client that is killed while a slow disk is written to, during the upload or
// the installation, leaves a machine on which the next run succeeds: it waits
// for the script that still is at work.
func TestClientIsKilledAtASlowDisk(t *testing.T) {
	t.Parallel()
	s := newSlow(t)
	fresh := s.tree()
	s.disk.Slow(t, s.m, 2<<20)
	whole := s.dialer
	staged := filepath.Join(s.m.Root(t), agent.Entrypoint+".appimg-new")
	for _, in := range []kvm.Phase{kvm.PhaseUpload, kvm.PhaseInstall} {
		dying := newMortal(whole, kvmtest.Stage{})
		kill := sync.OnceFunc(func() {
			dying.Die()
			s.line.Cut()
		})
		s.mu.Lock()
		s.seen = func(done int64) {
			if in == kvm.PhaseUpload && done > 3<<20 {
				go kill()
			}
		}
		s.mu.Unlock()
		done := make(chan *kvm.Report, 1)
		go func() { done <- kvm.InstallAgent(t.Context(), dying, s.target, s.opts) }()
		for in == kvm.PhaseInstall {
			if st, err := os.Stat(staged); err == nil && st.Size() > 1<<20 {
				kill()
				break
			}
			select {
			case r := <-done:
				t.Fatalf("it ended before it could be killed: %v", r.Err)
			case <-time.After(10 * time.Millisecond):
			}
		}
		if r := <-done; r.OK {
			t.Fatalf("the client was not killed in %s", in)
		}
		s.mu.Lock()
		s.seen = nil
		s.mu.Unlock()
		s.forget()
		if r := s.install(); !r.OK || !strings.Contains(strings.Join(r.Notes, "\n"), "an earlier run did not come to its end") {
			t.Fatalf("the next run after one that was killed in %s: %v, %q", in, r.Err, r.Notes)
		}
		s.ok(false)
		s.wipe(fresh)
	}
}
