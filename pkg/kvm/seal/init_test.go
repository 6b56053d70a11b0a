package seal_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/seal"
)

// small is a root with nothing but busybox, ssh keys and the given files.
func small(t *testing.T, files map[string]string) *kvmtest.Local {
	t.Helper()
	testneed.Root(t)
	root := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(root, "bin"), 0o755))
	must(t, os.MkdirAll(filepath.Join(root, "dev"), 0o755))
	must(t, syscall.Mknod(filepath.Join(root, "dev/null"), syscall.S_IFCHR|0o666, 1<<8|3))
	data, err := os.ReadFile(testneed.Tool(t, "busybox"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(root, "bin/busybox"), data, 0o755))
	install := exec.Command("/bin/busybox", "--install", "-s", "/bin")
	install.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	if out, err := install.CombinedOutput(); err != nil {
		testneed.Missing(t, "busybox-static", err.Error()+string(out))
	}
	write(t, filepath.Join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")
	write(t, filepath.Join(root, "etc/ssh/ssh_host_rsa_key"), "key")
	write(t, filepath.Join(root, "bin/ssh-keygen"), "#!/bin/sh\necho \"$@\" >/etc/ssh/ssh_host_new_key\n")
	must(t, os.Chmod(filepath.Join(root, "bin/ssh-keygen"), 0o755))
	for f, text := range files {
		write(t, filepath.Join(root, f), text)
	}
	return &kvmtest.Local{Root: root, Shell: []string{"/bin/sh"}}
}

func TestHostKeysOfEveryInitSystem(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		adds  []string // none: the distribution makes keys itself
	}{
		"Debian with systemd": {
			map[string]string{"usr/lib/systemd/systemd": "", "lib/systemd/system/ssh.service": "ExecStart=/usr/sbin/sshd -D\n"},
			[]string{"etc/systemd/system/appimg-ssh-keygen.service", "etc/systemd/system/multi-user.target.wants/appimg-ssh-keygen.service"},
		},
		"Rocky":         {map[string]string{"usr/lib/systemd/systemd": "", "usr/lib/systemd/system/sshd.service": "Wants=sshd-keygen.target\n"}, nil},
		"openSUSE":      {map[string]string{"usr/lib/systemd/systemd": "", "usr/lib/systemd/system/sshd.service": "ExecStartPre=/usr/sbin/sshd-gen-keys-start\n"}, nil},
		"CentOS 6":      {map[string]string{"sbin/initctl": "", "etc/init.d/sshd": "KEYGEN=/usr/bin/ssh-keygen\n", "etc/init/rc.conf": ""}, nil},
		"Alpine":        {map[string]string{"sbin/openrc-run": "", "etc/init.d/sshd": "ssh-keygen -A\n"}, nil},
		"Ubuntu 14.04":  {map[string]string{"sbin/initctl": "x", "etc/init/ssh.conf": "exec sshd -D\n"}, []string{"etc/init/appimg-ssh-keygen.conf"}},
		"Debian 7":      {map[string]string{"etc/init.d/ssh": "sshd\n", "etc/rc2.d/README": ""}, []string{"etc/init.d/appimg-ssh-keygen", "etc/rc2.d/S09appimg-ssh-keygen"}},
		"Devuan, again": {map[string]string{"etc/init.d/ssh": "sshd\n", "etc/init.d/appimg-ssh-keygen": "ssh-keygen -A\n"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := small(t, tt.files)
			must(t, os.Chmod(h.Root+"/etc", 0o755))
			if _, ok := tt.files["sbin/initctl"]; ok {
				must(t, os.Chmod(h.Root+"/sbin/initctl", 0o755))
			}
			r, err := seal.Run(t.Context(), h, seal.Operations())
			must(t, err)
			if len(r.Residue) > 0 || len(r.Notes) > 0 {
				t.Errorf("left: %+v, notes %q", r.Residue, r.Notes)
			}
			added := slices.ContainsFunc(r.Done, func(f seal.Finding) bool { return f.How == "add" })
			if added != (len(tt.adds) > 0) {
				t.Errorf("added: %v", r.Done)
			}
			for _, f := range tt.adds {
				if _, err := os.Lstat(filepath.Join(h.Root, f)); err != nil {
					t.Error(err)
				}
			}
			if _, err := os.Stat(h.Root + "/etc/ssh/ssh_host_rsa_key"); !os.IsNotExist(err) {
				t.Errorf("the host key: %v", err)
			}
		})
	}
}

func TestKeysStayWhereNothingMakesNewOnes(t *testing.T) {
	h := small(t, nil)
	r, err := seal.Run(t.Context(), h, seal.Operations())
	must(t, err)
	if _, err := os.Stat(h.Root + "/etc/ssh/ssh_host_rsa_key"); err != nil {
		t.Errorf("the host key is gone: %v", err)
	}
	if len(seal.Of(r.Residue, "ssh-host-keys")) != 2 || len(r.Notes) != 1 {
		t.Errorf("left: %+v, notes %q", r.Residue, r.Notes)
	}
}

// Every operation finds again what comes back after the machine was sealed;
// what logging in writes is no residue.
func TestResidueAfterASeal(t *testing.T) {
	h := small(t, map[string]string{"etc/init.d/sshd": "ssh-keygen -A"})
	plant(t, h.Root)
	_, err := seal.Run(t.Context(), h, seal.Operations())
	must(t, err)
	write(t, h.Root+"/var/log/auth.log", "Nov  1 10:00:00 h sshd[1]: Accepted publickey for root\nNov  1 10:00:00 h systemd[1]: Started Session 1 of user root.\n")
	write(t, h.Root+"/var/log/audit/audit.log", "type=USER_LOGIN msg=audit(1): pid=1\n")
	if r, err := seal.Verify(t.Context(), h, seal.Operations()); err != nil || len(r.Residue) > 0 {
		t.Errorf("after a login: %+v, %v", r.Residue, err)
	}
	plant(t, h.Root)
	r, err := seal.Verify(t.Context(), h, seal.Operations())
	must(t, err)
	wantPlanted(t, "verify", r.Residue)
}

func TestOnlyWhatIsSelectedGoes(t *testing.T) {
	h := small(t, map[string]string{"etc/init.d/sshd": "ssh-keygen -A"})
	plant(t, h.Root)
	ops, err := seal.Select([]string{"tmp", "logs"}, []string{"tmp"})
	must(t, err)
	r, err := seal.Run(t.Context(), h, ops)
	must(t, err)
	for _, f := range r.Done {
		if f.Operation != "logs" {
			t.Errorf("%+v", f)
		}
	}
	all, err := seal.Verify(t.Context(), h, seal.Operations())
	must(t, err)
	left := map[string]bool{}
	for _, f := range all.Residue {
		left[f.Operation] = true
	}
	if left["logs"] || len(left) != len(planted)-1 {
		t.Errorf("left: %v", left)
	}
	if _, err := seal.Select([]string{"log"}, nil); err == nil || !strings.Contains(err.Error(), `"log"`) {
		t.Errorf("an unknown name: %v", err)
	}
}

func TestSocketsAndWorkStay(t *testing.T) {
	h := small(t, map[string]string{"etc/init.d/sshd": "ssh-keygen -A", "tmp/systemd-private-1-x/tmp/file": "x", "tmp/gone/deep/file": "x", "var/lib/cloud/seed/nocloud/meta-data": "x"})
	must(t, os.MkdirAll(h.Root+"/tmp/.X11-unix", 0o777))
	must(t, syscall.Mknod(h.Root+"/tmp/.X11-unix/X0", syscall.S_IFSOCK|0o777, 0))
	must(t, syscall.Mkfifo(h.Root+"/tmp/gone/fifo", 0o600))
	r, err := seal.Run(t.Context(), h, seal.Operations())
	must(t, err)
	if len(r.Residue) > 0 {
		t.Errorf("left: %+v", r.Residue)
	}
	for f, stays := range map[string]bool{
		"tmp/.X11-unix/X0": true, "tmp/systemd-private-1-x/tmp": true, "var/lib/cloud/seed/nocloud/meta-data": true,
		"tmp/systemd-private-1-x/tmp/file": false, "tmp/gone": false,
	} {
		if _, err := os.Lstat(filepath.Join(h.Root, f)); (err == nil) != stays {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestAnotherRunIsRespected(t *testing.T) {
	h := small(t, map[string]string{"etc/init.d/sshd": "ssh-keygen -A", "var/lib/appimg/journal/index": "1 absent /x"})
	plant(t, h.Root)
	_, err := seal.Run(t.Context(), h, seal.Operations())
	if err == nil || !strings.Contains(err.Error(), "did not come to its end") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(h.Root + "/etc/shadow-"); err != nil {
		t.Errorf("something went: %v", err)
	}
}
