package kvm_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

func link(path, to string) kvm.Want {
	return kvm.Want{Path: path, Mode: fs.ModeSymlink | 0o777, Link: to}
}

func folder(path string) kvm.Want {
	return kvm.Want{Path: path, Mode: fs.ModeDir | 0o755, Keep: true}
}

// kinds are the projects between which a path turns from one kind into another.
func kinds() map[string][]kvm.Want {
	return map[string][]kvm.Want{
		"a file":             {file("/opt/x", "x\n")},
		"a folder":           {folder("/opt/x"), file("/opt/x/a", "a\n"), file("/opt/x/sub/b", "b\n")},
		"a link to a file":   {link("/opt/x", "y/file"), file("/opt/y/file", "y\n")},
		"a link to a folder": {link("/opt/x", "y"), file("/opt/y/file", "y\n")},
		"another link":       {link("/opt/x", "z"), file("/opt/z", "z\n")},
		"a dangling link":    {link("/opt/x", "nowhere")},
	}
}

// A path that turns from a file into a folder, a link into a file and so on: the
// machine has it as a fresh one would, a failure puts back what was there, and
// in the end nothing is left.
func TestPushTurnsKinds(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	fresh := p.tree()
	whole := map[string]map[string]string{}
	for name, wants := range kinds() {
		p.o.Wants = wants
		p.pushed(true)
		whole[name] = p.files()
		must(t, p.uninstall(false).Err)
		if d := differences(fresh, p.tree()); len(d) > 0 {
			t.Fatalf("uninstalling %s left %v", name, d)
		}
	}
	way := []string{"a folder", "a file", "a folder", "a link to a folder", "a file", "a link to a folder", "another link", "a dangling link", "a file", "a link to a file", "a folder"}
	for i, now := range way {
		p.o.Wants = kinds()[now]
		if i > 0 {
			p.o.Plan = true
			p.pushed(true)
			p.o.Plan = false
			p.refusedBy(count("a", "exit 1\n"))
			p.o.Steps = nil
		}
		p.pushed(true)
		if d := differences(whole[now], p.files()); len(d) > 0 {
			t.Errorf("%s, after %q: %v", now, way[:i], d)
		}
		p.pushed(false)
	}
	must(t, p.uninstall(false).Err)
	if d := differences(fresh, p.tree()); len(d) > 0 {
		t.Fatalf("uninstalling left %v", d)
	}
}

// files is the tree without appimg's own record.
func (p *pushing) files() map[string]string {
	all := p.tree()
	for name := range all {
		if strings.HasPrefix(name, kvm.StateDir) {
			delete(all, name)
		}
	}
	return all
}

// What somebody else has put there does not go for a path that turns.
func TestPushTurnsNothingOfOthers(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	p.o.Wants = kinds()["a folder"]
	p.pushed(true)
	p.put("/opt/x/sub/theirs", "theirs\n")
	p.o.Wants = kinds()["a file"]
	p.refused(kvm.PhasePreflight, "the project has a file where the machine has a folder", "\n  /opt/x", "move the folder away")
	p.o.Force = true
	p.refused(kvm.PhasePreflight, "the project has a file where the machine has a folder")
	p.o.Force = false
	must(t, os.Remove(filepath.Join(p.m.Root(t), "opt/x/sub/theirs")))
	p.put("/opt/x/a", "edited\n")
	p.refused(kvm.PhasePreflight, "/opt/x/a (edited since the last push")
	p.o.Force = true
	p.pushed(true)
	p.o.Force = false

	p.put("/opt/x", "edited\n")
	p.o.Wants = kinds()["a folder"]
	p.refused(kvm.PhasePreflight, "/opt/x (edited since the last push)")
	p.put("/opt/x", "x\n")
	p.pushed(true)
	// A link of somebody's to a volume in place of a folder stays.
	root := p.m.Root(t)
	must(t, errors.Join(os.Rename(filepath.Join(root, "opt/x"), filepath.Join(root, "opt/volume")), os.Symlink("volume", filepath.Join(root, "opt/x"))))
	p.pushed(false)
	// A foreign file where a folder is to be.
	p.put("/opt/f", "theirs\n")
	p.o.Wants = append(kinds()["a folder"], file("/opt/f/in", "ours\n"))
	p.refused(kvm.PhasePreflight, "/opt/f (not put there by appimg)")
}

// A client that is killed while a path turns leaves a machine on which the next run succeeds.
func TestClientIsKilledWhileAPathTurns(t *testing.T) {
	p := newPushing(t, kvmtest.MachineOptions{})
	fresh := p.tree()
	for _, turn := range [][2]string{{"a file", "a folder"}, {"a folder", "a link to a folder"}} {
		start := func() {
			p.wipe(fresh)
			p.o.Wants = kinds()[turn[0]]
			p.pushed(true)
			p.o.Wants = kinds()[turn[1]]
		}
		start()
		p.dying(p.tree(), func(d kvm.Dialer) *kvm.Report { return kvm.Push(p.t.Context(), d, p.target, p.o) }, start)
	}
}
