package kvm_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// filler is a dialer under whose hosts somebody else fills a disk before the
// nth thing that is done there: after the preflight has found room enough.
type filler struct {
	stepping
	name string // of what was done then; "" where there were fewer things
}

func newFiller(d kvm.Dialer, nth int, fill func()) *filler {
	f, n := &filler{}, 0
	f.stepping = stepping{d, func(name string, do func() error) error {
		if n++; n == nth {
			f.name = name
			fill()
		}
		return do()
	}}
	return f
}

// fillUp writes a file until its disk is full.
func fillUp(t testing.TB, file string) {
	t.Helper()
	f, err := os.Create(file)
	must(t, err)
	defer f.Close()
	for chunk := make([]byte, 1<<20); len(chunk) > 0; {
		_, err := f.Write(chunk)
		if errors.Is(err, syscall.ENOSPC) {
			chunk = chunk[:len(chunk)/2]
		} else {
			must(t, err)
		}
	}
}

// A full disk is no half installation.
func TestFullDisk(t *testing.T) {
	s := newSite(t, kvmtest.MachineOptions{Setup: "mkdir -p /opt/qingcloud; mount -t tmpfs -o size=6m tmpfs /opt/qingcloud\n"})
	before := s.tree()
	r := s.install()
	if r.OK || !strings.Contains(r.Error, "writing") && !strings.Contains(r.Error, "free") {
		t.Errorf("a full disk: %v", r.Err)
	}
	if d := differences(before, s.tree()); len(d) > 0 {
		t.Errorf("left %v", d)
	}
}

// A disk that fills up while the agent is put on it, or while another is
// replaced, leaves what was there; with room again the next run succeeds.
func TestDiskFillsUp(t *testing.T) {
	for _, dir := range []string{"opt/qingcloud", "var/lib"} {
		s := newSite(t, kvmtest.MachineOptions{Setup: fmt.Sprintf("mkdir -p /%[1]s; mount -t tmpfs -o size=64m tmpfs /%[1]s\n", dir)})
		good, fresh := s.dialer, s.tree()
		data, err := daemon()
		must(t, err)
		newer := ready(t, agent.New("newer", "amd64", append(append([]byte(nil), data...), 0)))
		ballast := filepath.Join(s.m.Root(t), dir, "ballast")
		for _, upgrade := range []bool{false, true} {
			if !upgrade && dir == "opt/qingcloud" {
				continue // the other way does more there
			}
			if upgrade {
				s.ok(true)
				s.opts.Agent = newer
			}
			before := s.tree()
			for nth := 2; ; nth++ {
				f := newFiller(good, nth, func() { fillUp(t, ballast) })
				r := kvm.InstallAgent(t.Context(), f, s.target, s.opts)
				if f.name == "" {
					if !r.OK || nth < 5 {
						t.Fatalf("only %d steps: %v", nth, r.Err)
					}
					break
				}
				must(t, os.Remove(ballast))
				what := fmt.Sprintf("%s full before %q, upgrade %v", dir, f.name, upgrade)
				if r.OK {
					t.Logf("%s: went on", what)
					s.ok(false)
					restore(t, s, fresh, upgrade)
				} else {
					t.Logf("%s: %v", what, r.Err)
					if !strings.Contains(r.Error, "No space left") && !strings.Contains(r.Error, "is its disk full?") {
						t.Errorf("%s: %v does not tell why", what, r.Err)
					}
					if strings.Contains(r.Error, "rolling back") {
						t.Errorf("%s: %v", what, r.Err)
					}
				}
				if d := differences(before, s.tree()); len(d) > 0 {
					t.Fatalf("%s: left %v", what, d)
				}
			}
			restore(t, s, fresh, false)
		}
	}
}

// restore makes the machine fresh, or one with the first agent.
func restore(t testing.TB, s *site, fresh map[string]string, upgraded bool) {
	t.Helper()
	s.wipe(fresh)
	if !upgraded {
		s.opts.Agent = ready(t, bundle(t))
		return
	}
	newer := s.opts.Agent
	s.opts.Agent = ready(t, bundle(t))
	s.ok(true)
	s.opts.Agent = newer
}
