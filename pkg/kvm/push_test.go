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

// Several machines at once, one of them dead: each of the others has everything,
// by its own steps, and a failure of one is none of the others'.
func TestPushToManyHosts(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	machines := []*kvmtest.Machine{p.m}
	targets := []kvm.Target{p.target, {Host: "127.0.0.1", Port: 1, User: "root"}}
	for len(machines) < 4 {
		m := kvmtest.StartMachine(t, kvmtest.MachineOptions{})
		m.Authorize(t, p.key)
		machines, targets = append(machines, m), append(targets, kvm.Target{Host: "127.0.0.1", Port: m.Port, User: "root"})
	}
	const dead, foreign = 1, 4
	must(t, os.WriteFile(filepath.Join(machines[3].Root(t), "opt/store"), []byte("a file of somebody's\n"), 0o644))
	p.o.Steps = []kvm.Step{count("a", "")}
	push := func() []*kvm.Report {
		return kvm.Each(t.Context(), targets, 3, func(ctx context.Context, at kvm.Target) *kvm.Report { return kvm.Push(ctx, p.dialer, at, p.o) })
	}
	for _, first := range []bool{true, false} {
		for i, r := range push() {
			switch {
			case r.Host != targets[i].String():
				t.Errorf("report %d is of %s", i, r.Host)
			case i == dead:
				if r.OK || r.Failed != kvm.PhaseConnect {
					t.Errorf("the dead one: %v in %s", r.Err, r.Failed)
				}
			case i == foreign && first:
				if r.OK || r.Failed != kvm.PhasePreflight || !strings.Contains(r.Error, "/opt/store (not put there by appimg)") {
					t.Errorf("the one with something in the way: %v in %s", r.Err, r.Failed)
				}
			case !r.OK || r.Changed != (first || i == foreign):
				t.Errorf("%s: changed %v, %v", r.Host, r.Changed, r.Err)
			}
		}
		if first {
			must(t, os.Remove(filepath.Join(machines[3].Root(t), "opt/store")))
		}
	}
	for _, m := range machines {
		text, err := os.ReadFile(filepath.Join(m.Root(t), "root/a"))
		if err != nil || string(text) != "x\n" {
			t.Errorf("the script's runs on port %d: %q, %v", m.Port, text, err)
		}
		if sum := sumOf(t, filepath.Join(m.Root(t), "etc/confd/conf.d/store.toml")); sum != kvm.SumOf([]byte(pairToml)) {
			t.Errorf("the pair on port %d is %s", m.Port, sum)
		}
	}
}
