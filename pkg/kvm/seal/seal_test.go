package seal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/seal"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

// planted has a trace for every operation that files can make one for.
var planted = map[string][]string{
	"agent":           {"/etc/confd/confd.toml", "/opt/qingcloud/app-agent/log/confd.log", "/opt/qingcloud/app-agent/run/confd.pid"},
	"cloud-init":      {"/var/lib/cloud/instances/i-1/user-data.txt", "/var/lib/cloud/data/instance-id"},
	"dhcp-leases":     {"/var/lib/dhcp/dhclient.eth0.leases", "/var/lib/NetworkManager/internal-1.lease"},
	"udev-net-rules":  {"/etc/udev/rules.d/70-persistent-net.rules"},
	"net-hwaddr":      {"/etc/sysconfig/network-scripts/ifcfg-eth0"},
	"registration":    {"/etc/sysconfig/rhn/systemid"},
	"disk-ids":        {"/etc/lvm/devices/system.devices"},
	"package-caches":  {"/var/cache/apt/archives/a.deb", "/var/lib/apt/lists/x_Packages", "/home/dev/.cache/pip/http/a"},
	"crash-data":      {"/var/crash/core.1"},
	"mail-spool":      {"/var/mail/root"},
	"passwd-backups":  {"/etc/shadow-", "/var/backups/shadow.bak"},
	"installer-files": {"/root/anaconda-ks.cfg"},
	"tmp":             {"/tmp/some thing", "/tmp/dir/below", "/var/tmp/x"},
	"random-seed":     {"/var/lib/systemd/random-seed"},
	"shell-history":   {"/root/.bash_history", "/home/dev/.zsh_history", "/home/dev/.local/share/fish/fish_history"},
	"accounting":      {"/var/log/sysstat/sa01"},
	"journal":         {"/var/log/journal/0123/system.journal"},
	"utmp":            {"/var/log/wtmp", "/var/log/btmp.1"},
	"logs":            {"/var/log/syslog", "/var/log/app/deep/old.log.gz", "/var/log/auth.log.1"},
	"machine-id":      {"/etc/machine-id"},
	"ssh-user-keys":   {"/home/dev/.ssh/id_rsa", "/root/.ssh/known_hosts"},
	"authorized-keys": {"/home/dev/.ssh/authorized_keys"},
	"ssh-host-keys":   {"/etc/ssh/ssh_host_ed25519_key"},
}

func plant(t *testing.T, root string) {
	t.Helper()
	for _, files := range planted {
		for _, f := range files {
			write(t, filepath.Join(root, f), "HWADDR=aa:bb\nDEVICE=eth0\n")
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	must(t, os.WriteFile(file, []byte(text), 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// dial connects to a machine with a key of its own.
func dial(t *testing.T, m *kvmtest.Machine) (kvm.Host, func() (kvm.Host, error)) {
	t.Helper()
	home := t.TempDir()
	key := kvmtest.NewKey(t, "ed25519", "")
	m.Authorize(t, key)
	write(t, filepath.Join(home, ".ssh/known_hosts"), m.KnownHosts(t))
	write(t, filepath.Join(home, ".ssh/config"), "IdentityFile "+key+"\nIdentitiesOnly yes\n")
	t.Setenv("SSH_AUTH_SOCK", "")
	d, err := ssh.NewDialer(ssh.Options{Home: home, User: "tester", ConfigFile: filepath.Join(home, ".ssh/config")})
	must(t, err)
	target, err := kvm.ParseTarget(m.Target("root"))
	must(t, err)
	again := func() (kvm.Host, error) { return d.Dial(t.Context(), target) }
	h, err := again()
	must(t, err)
	t.Cleanup(func() { h.Close() })
	return h, again
}

const setup = `useradd -m -s /bin/sh dev
mkdir -p /opt/qingcloud/app-agent/log /etc/rc2.d
ln -s ../init.d/confd /etc/rc2.d/S99confd
`

func TestSealAMachine(t *testing.T) {
	m := kvmtest.StartMachine(t, kvmtest.MachineOptions{Setup: setup})
	h, again := dial(t, m)
	root := m.Root(t)
	plant(t, root)
	must(t, os.Symlink("/dev/null", filepath.Join(root, "var/log/link")))

	before := snapshot(t, root)
	plan, err := seal.Plan(t.Context(), h, seal.Operations())
	must(t, err)
	if after := snapshot(t, root); after != before {
		t.Errorf("the plan changed the machine:\n%s", after)
	}
	wantPlanted(t, "plan", plan.Done)
	found, err := seal.Verify(t.Context(), h, seal.Operations())
	must(t, err)
	wantPlanted(t, "verify", found.Residue)

	done, err := seal.Run(t.Context(), h, seal.Operations())
	must(t, err)
	if len(done.Residue) > 0 || len(done.Notes) > 0 {
		t.Errorf("left: %+v, notes %q", done.Residue, done.Notes)
	}
	if a, b := paths(plan.Done), paths(done.Done); a != b {
		t.Errorf("planned:\n%s\ndone:\n%s", a, b)
	}
	ifcfg, err := os.ReadFile(filepath.Join(root, "etc/sysconfig/network-scripts/ifcfg-eth0"))
	must(t, err)
	if string(ifcfg) != "DEVICE=eth0\n" {
		t.Errorf("ifcfg-eth0: %q", ifcfg)
	}
	if _, err := os.Stat(filepath.Join(root, "var/log/syslog")); err != nil {
		t.Errorf("a log's file is gone: %v", err)
	}
	wantNewKeys(t, h, again)
}

// wantNewKeys holds that nobody comes in any more, that this connection
// lives, and that the boot makes new keys.
func wantNewKeys(t *testing.T, h kvm.Host, again func() (kvm.Host, error)) {
	t.Helper()
	if h, err := again(); err == nil {
		h.Close()
		t.Error("a key of before still opens the machine")
	}
	out, err := h.Run(t.Context(), kvm.Cmd{Script: `ls /etc/rc2.d/S*appimg-ssh-keygen && /etc/init.d/appimg-ssh-keygen start && ls /etc/ssh/ssh_host_*_key`})
	if err != nil || !strings.Contains(out.Text(), "ssh_host_ed25519_key") {
		t.Errorf("the next boot: %q, %v", out.Stdout, err)
	}
	found, err := seal.Verify(t.Context(), h, seal.Operations())
	must(t, err)
	for _, f := range found.Residue {
		if f.Operation != "ssh-host-keys" {
			t.Errorf("after the boot: %+v", f)
		}
	}
}

// wantPlanted holds that every planted file is in list, under its operation's name.
func wantPlanted(t *testing.T, what string, list []seal.Finding) {
	t.Helper()
	for op, files := range planted {
		for _, file := range files {
			if !slices.ContainsFunc(seal.Of(list, op), func(f seal.Finding) bool { return f.Path == file && f.Size > 0 }) {
				t.Errorf("%s: %s lacks %s: %+v", what, op, file, seal.Of(list, op))
			}
		}
	}
	if len(planted) != len(seal.Operations()) {
		t.Errorf("%d operations, traces are planted for %d", len(seal.Operations()), len(planted))
	}
}

// snapshot is every path below the folders that operations touch, with size and time.
func snapshot(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	for _, dir := range []string{"etc", "home", "opt", "root", "tmp", "var"} {
		must(t, filepath.WalkDir(filepath.Join(root, dir), func(p string, _ os.DirEntry, err error) error {
			info, err2 := os.Lstat(p)
			if err != nil || err2 != nil {
				return fmt.Errorf("%w %w", err, err2)
			}
			if name := info.Name(); name != "wtmp" && name != "lastlog" { // the logins of the test itself
				fmt.Fprintln(&b, p, info.Size(), info.ModTime().UnixNano(), info.Mode())
			}
			return nil
		}))
	}
	return b.String()
}

func paths(list []seal.Finding) string {
	var out []string
	for _, f := range list {
		out = append(out, f.Operation+" "+f.How+" "+f.Path)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
