package kvm_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

func (p *pushing) uninstall(force bool) *kvm.Report {
	p.t.Helper()
	return kvm.UninstallAgent(p.t.Context(), p.dialer, p.target, kvm.UninstallOptions{Options: kvm.Options{Rollback: true}, Force: force})
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
