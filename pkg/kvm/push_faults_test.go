package kvm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// dying runs do with a client that is killed before and after each of its steps,
// from the machine's state before; then it runs again, with one that lives.
func (p *pushing) dying(before map[string]string, do func(d kvm.Dialer) *kvm.Report, reset func()) {
	t := p.t.(*testing.T)
	counting := newMortal(p.dialer, kvmtest.Stage{})
	if r := do(counting); !r.OK {
		t.Fatal(r.Err)
	}
	after := p.tree()
	for n := 1; n <= len(counting.Names()); n++ {
		for _, late := range []bool{false, true} {
			at := kvmtest.Stage{Nth: n, After: late}
			t.Run(strings.ReplaceAll(fmt.Sprint(at, " ", counting.Names()[n-1]), " ", "_"), func(t *testing.T) {
				p.t = t
				p.site.t = t
				reset()
				if d := differences(before, p.tree()); len(d) > 0 {
					t.Fatalf("the reset left %v", d)
				}
				if r := do(newMortal(p.dialer, at)); r.OK && !(late && n == len(counting.Names())) {
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
	counting := newMortal(p.dialer, kvmtest.Stage{Nth: 3, After: true})
	if r := kvm.UninstallAgent(t.Context(), counting, p.target, kvm.UninstallOptions{Options: kvm.Options{Rollback: true}}); r.OK {
		t.Fatal("the client was not killed")
	}
	if len(differences(before, p.tree())) == 0 {
		t.Fatalf("nothing was done yet: %q", counting.Names())
	}
	p.forget()
	p.ok(false)
	if d := differences(before, p.tree()); len(d) > 0 {
		t.Errorf("left %v", d)
	}
}
