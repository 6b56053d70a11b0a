package kvm_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"os"
	"path/filepath"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

// Many machines at once: all of them are verified, in the order of their
// names, with one client's memory.
func TestManyHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a minute for 32 machines, and -short leaves no time")
	}
	const n = 32
	key, home, known := kvmtest.NewKey(t, "ed25519", ""), t.TempDir(), ""
	var targets []kvm.Target
	for range n {
		m := kvmtest.StartMachine(t, kvmtest.MachineOptions{})
		m.Authorize(t, key)
		known += m.KnownHosts(t)
		targets = append(targets, kvm.Target{Host: "127.0.0.1", Port: m.Port, User: "root"})
	}
	// One of them is not there.
	targets = append(targets, kvm.Target{Host: "127.0.0.1", Port: 1, User: "root"})
	must(t, os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
	must(t, os.WriteFile(filepath.Join(home, ".ssh", "known_hosts"), []byte(known), 0o600))
	d, err := ssh.NewDialer(ssh.Options{Home: home, User: "tester", ConfigFile: "none", Identities: []string{key}})
	must(t, err)
	opts := kvm.InstallOptions{Options: kvm.Options{Rollback: true}, Builtin: true, Agent: ready(t, bundle(t))}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run := func(parallel int) ([]*kvm.Report, time.Duration) {
		begin := time.Now()
		reports := kvm.Each(t.Context(), targets, parallel, func(ctx context.Context, at kvm.Target) *kvm.Report { return kvm.InstallAgent(ctx, d, at, opts) })
		return reports, time.Since(begin)
	}
	for _, changed := range []bool{true, false} {
		reports, took := run(n)
		t.Logf("%d hosts: %s, the first of them %s", n, took, reports[0].Took)
		for i, r := range reports {
			if r.Host != targets[i].String() {
				t.Errorf("report %d is for %s", i, r.Host)
			}
			if i == n {
				if r.OK || !strings.Contains(r.Error, "refused") {
					t.Errorf("the one that is not there: %v", r.Err)
				}
			} else if !r.OK || r.Changed != changed {
				t.Errorf("%s: changed %v, %v", r.Host, r.Changed, r.Err)
			}
		}
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.Sys) - int64(before.Sys); grown > 120<<20 {
		t.Errorf("the client took %d MB", grown>>20)
	} else {
		t.Logf("the client took %d MB, %d MB in all", grown>>20, after.Sys>>20)
	}
}
