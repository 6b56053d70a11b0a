package kvm_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// folders is every path below a root but /proc and /dev, with its mode.
func folders(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, dir := range []string{"etc", "opt", "root", "var"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(p string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil {
				out[strings.TrimPrefix(p, root)] = d.Type().String()
			}
			return err
		})
		must(t, err)
	}
	return out
}

func TestPushAndUninstallOnBusybox(t *testing.T) {
	root := busyboxRoot(t)
	must(t, os.MkdirAll(filepath.Join(root, "root"), 0o700))
	// proc, for what asks whether a script runs.
	must(t, exec.Command("mount", "-t", "proc", "proc", filepath.Join(root, "proc")).Run())
	t.Cleanup(func() { must(t, exec.Command("umount", filepath.Join(root, "proc")).Run()) })
	before := folders(t, root)
	d := localDialer{&kvmtest.Local{Shell: []string{"/bin/sh"}, Root: root}}
	target := kvm.Target{Host: "local"}
	common := kvm.Options{Rollback: true}
	if r := kvm.InstallAgent(t.Context(), d, target, kvm.InstallOptions{Options: common, Builtin: true, Agent: ready(t, bundle(t))}); !r.OK {
		t.Fatal(r.Err)
	}
	push := kvm.PushOptions{
		Options: common, Title: "x", Wants: []kvm.Want{file("/opt/x/a b", "text\n"), file("/opt/x/c", "no end")},
		Steps: []kvm.Step{{Name: "one", Data: []byte("#!/bin/sh\necho x >>/root/ran\n")}},
	}
	for _, changed := range []bool{true, false} {
		if r := kvm.Push(t.Context(), d, target, push); !r.OK || r.Changed != changed {
			t.Fatalf("changed %v: %v", r.Changed, r.Err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(root, "root/ran")); err != nil || string(text) != "x\n" {
		t.Errorf("the script: %q, %v", text, err)
	}
	// As seal leaves a machine: without keys the service that makes them stays.
	keygen := filepath.Join(root, "etc/init.d/appimg-ssh-keygen")
	must(t, errors.Join(os.WriteFile(keygen, []byte("#!/bin/sh\n"), 0o755), os.WriteFile(filepath.Join(root, kvm.StateDir, "sealed"), []byte("1\n"), 0o600)))
	uninstall := func() *kvm.Report {
		t.Helper()
		r := kvm.UninstallAgent(t.Context(), d, target, kvm.UninstallOptions{Options: common})
		if !r.OK {
			t.Fatal(r.Err)
		}
		return r
	}
	if r := uninstall(); !strings.Contains(strings.Join(r.Notes, "\n"), "kept the service appimg-ssh-keygen") {
		t.Errorf("%q", r.Notes)
	}
	must(t, errors.Join(os.Mkdir(filepath.Join(root, "etc/ssh"), 0o755), os.WriteFile(filepath.Join(root, "etc/ssh/ssh_host_rsa_key"), nil, 0o600)))
	if r := uninstall(); !r.Changed {
		t.Error("the service for host keys stayed")
	}
	must(t, errors.Join(os.RemoveAll(filepath.Join(root, "etc/ssh")), os.Remove(filepath.Join(root, "root/ran"))))
	if d := differences(before, folders(t, root)); len(d) > 0 {
		t.Errorf("left %v", d)
	}
}
