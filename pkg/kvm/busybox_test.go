package kvm_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// localDialer connects to a folder that is the root of a machine.
type localDialer struct{ *kvmtest.Local }

func (d localDialer) Dial(context.Context, kvm.Target) (kvm.Host, error) { return d.Local, nil }

// busyboxRoot is a system with nothing but busybox, that says it is Alpine.
func busyboxRoot(t *testing.T) string {
	t.Helper()
	testneed.Root(t)
	root := t.TempDir()
	program, err := os.ReadFile(testneed.Tool(t, "busybox"))
	must(t, err)
	for _, d := range []string{"bin", "sbin", "usr/bin", "usr/sbin", "etc/init.d", "opt", "var/lib", "proc", "tmp", "dev"} {
		must(t, os.MkdirAll(filepath.Join(root, d), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(root, "bin/busybox"), program, 0o755))
	must(t, os.WriteFile(filepath.Join(root, "sbin/openrc-run"), []byte("#!/bin/sh\n"), 0o755))
	must(t, os.WriteFile(filepath.Join(root, "etc/os-release"), []byte("ID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME=\"Alpine Linux v3.22\"\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(root, "dev/null"), nil, 0o666)) // a file does as well
	if out, err := exec.Command("chroot", root, "/bin/busybox", "--install", "-s").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return root
}

// The scripts ask nothing of a machine that busybox does not have.
func TestInstallOnBusybox(t *testing.T) {
	root := busyboxRoot(t)
	h := &kvmtest.Local{Shell: []string{"/bin/sh"}, Root: root}
	opts := kvm.InstallOptions{Options: kvm.Options{Rollback: true}, Builtin: true, Agent: ready(t, bundle(t))}
	install := func(wantOK, wantChanged bool) *kvm.Report {
		t.Helper()
		r := kvm.InstallAgent(t.Context(), localDialer{h}, kvm.Target{Host: "local"}, opts)
		if r.OK != wantOK || r.Changed != wantChanged {
			t.Fatalf("ok %v, changed %v: %v", r.OK, r.Changed, r.Err)
		}
		return r
	}
	opts.Agent = ready(t, agent.New("broken", "amd64", []byte("#!/bin/sh\nexit 3\n")))
	install(false, true)
	if left, err := os.ReadDir(filepath.Join(root, "opt")); err != nil || len(left) > 0 {
		t.Errorf("the rollback left %v, %v", left, err)
	}
	opts.Agent = ready(t, bundle(t))
	if r := install(true, true); r.Facts.ID != "alpine" || r.Facts.Init != agent.OpenRC || r.Version == "" {
		t.Errorf("%+v", r.Facts)
	}
	install(true, false)
	text, err := os.ReadFile(filepath.Join(root, kvm.StateDir, "agent"))
	if err != nil || len(text) == 0 {
		t.Errorf("the list: %s, %v", text, err)
	}
}
