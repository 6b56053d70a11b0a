// Package vmtest is the way of an image on machines that boot: the appimg that
// make build made, over SSH onto VMs in QEMU, each with an init system of its own.
package vmtest

import (
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/audit"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/seal"
	"github.com/appimg/appimg/pkg/kvm/status"
	"github.com/appimg/appimg/pkg/textdiff"
)

// From a fresh machine to a copy of its disk that boots as a machine of its own.
func TestVMSystemd(t *testing.T)  { t.Parallel(); journey(newRig(t, "systemd")) }
func TestVMSysVinit(t *testing.T) { t.Parallel(); journey(newRig(t, "sysvinit")) }

func journey(r *rig) {
	r.install()
	r.push()
	r.follows()
	r.commands()
	r.rebooted()
	r.examined()
	r.copied(r.sealed())
}

// install puts the agent onto the fresh machine.
func (r *rig) install() {
	r.Helper()
	var got []kvm.Report
	r.kvm(0, &got, "install-agent")
	if !got[0].OK || !got[0].Changed || !got[0].Facts.Booted || got[0].Version == "" {
		r.Errorf("installed: %+v", got[0])
	}
	r.dormant()
	if out, err := r.vm.Try(r.T, "service confd status"); err == nil {
		r.Errorf("service confd status: %s", out)
	}
	got = nil
	r.kvm(0, &got, "install-agent")
	if got[0].Changed {
		r.Errorf("the second run changed %+v", got[0].Changes)
	}
}

// dormant: the service is there, it does not run, and nothing starts it at boot.
func (r *rig) dormant() {
	r.Helper()
	s := r.status()
	if !s.Agent.Installed || s.Agent.Running || s.Agent.Enabled || len(s.Agent.Missing) > 0 {
		r.Errorf("status: %+v", s.Agent)
	}
	r.vm.Run(r.T, `set -e
		test -x /etc/init.d/confd
		test -z "$(pidof confd)"
		test -z "$(ls -d /etc/rc[0-6S].d/[SK]*confd /etc/systemd/system/*/confd.service /etc/runlevels/*/confd 2>/dev/null)"
		if [ -d /run/systemd/system ]; then
			test "$(systemctl is-enabled confd.service)" = disabled
			test "$(systemctl is-active confd.service)" = inactive
		fi`)
}

// status is what kvm status says without a project; nothing is wrong.
func (r *rig) status(args ...string) status.Report {
	r.Helper()
	var got []status.Report
	r.kvm(0, &got, "status", args...)
	return got[0]
}

// push brings the project's files onto the machine.
func (r *rig) push() {
	r.Helper()
	var got []kvm.Report
	r.kvm(0, &got, "push", "-C", "app")
	if !got[0].OK || !got[0].Changed {
		r.Errorf("pushed: %+v", got[0])
	}
}

// follows: the platform starts the service; the file is rendered, and again
// when a parameter changes.
func (r *rig) follows() {
	r.Helper()
	r.platform()
	r.renders("log_level = info")
	r.env("log_level", "debug")
	r.renders("log_level = debug")
	r.vm.Run(r.T, `grep -qx reload /run/app-was-told`)
}

// platform writes confd.toml and starts the service, as the platform does.
func (r *rig) platform() {
	r.Helper()
	r.vm.Run(r.T, `cat >/etc/confd/confd.toml <<-end
		backend = "metad"
		confdir = "/etc/confd"
		nodes = ['`+r.listen+`']
		prefix = "/self"
		watch = true
		scheme = "http"
		log-level = "info"
		end
		service confd restart`)
}

// commands come through the metadata; what they start outlives the agent, by
// whatever name its service is restarted.
func (r *rig) commands() {
	r.Helper()
	r.command("c1", `echo "$BASH_VERSION" >/run/bash-was; sleep 86399 & echo $! >/run/daemon.pid`, "successful")
	r.command("c2", `(exit 7)`, "failed7")
	r.vm.Run(r.T, "grep -q '^[0-9]' /run/bash-was")
	r.command("c3", `mkdir -p /opt/app/data && echo row >/opt/app/data/rows.db`, "successful")
	for _, restart := range []string{"service confd restart", "/etc/init.d/confd restart", "/etc/init.d/confd stop && service confd start"} {
		before := r.vm.Run(r.T, "pidof confd")
		r.vm.Run(r.T, restart)
		r.eventually(restart, func() error {
			after, err := r.vm.Try(r.T, "pidof confd")
			if err == nil && (after == before || len(strings.Fields(after)) != 1) {
				return wants(after, "one other process than "+before)
			}
			return err
		})
		r.vm.Run(r.T, `kill -0 "$(cat /run/daemon.pid)" && grep -q ^sleep /proc/$(cat /run/daemon.pid)/cmdline`)
	}
	if out := r.vm.Run(r.T, "service confd status"); out == "" {
		r.Error("service confd status says nothing")
	}
	r.ranOnce()
}

// ranOnce: no restart runs a command again.
func (r *rig) ranOnce() {
	r.Helper()
	log := r.vm.Run(r.T, "cat /opt/qingcloud/app-agent/log/cmd.log")
	if n := strings.Count(log, "[executing]"); n != 3 {
		r.Errorf("%d commands were executed, not 3:\n%s", n, log)
	}
}

// rebooted: the agent waits for the platform, and catches up when it is started.
func (r *rig) rebooted() {
	r.Helper()
	r.vm.Reboot(r.T)
	r.dormant()
	r.env("log_level", "warn")
	r.vm.Run(r.T, "service confd start")
	r.renders("log_level = warn")
	r.ranOnce()
}

// examined: audit finds what the app wrote and nothing else; status has the
// pairs and the commands.
func (r *rig) examined() {
	r.Helper()
	var got []audit.Report
	r.kvm(1, &got, "audit", "-C", "app")
	if files := got[0].Files; len(files) != 1 || files[0].Path != "/opt/app/data/rows.db" || files[0].Owner != "root" || files[0].Volume != "/data" {
		r.Errorf("audit: %+v", files)
	}
	s := r.status("-C", "app")
	if !s.Agent.Running || s.Agent.Enabled || !strings.Contains(s.Agent.Nodes, r.listen) || len(s.Pairs) != 2 || s.Pairs[0].Rendered == nil {
		r.Errorf("status: %+v", s)
	}
	if len(s.Commands) != 3 || s.Commands[1].Result != "failed" || s.Commands[1].Code != 7 || s.Commands[2].Result != "successful" {
		r.Errorf("commands: %+v", s.Commands)
	}
}

// identity is what a machine and its copy must not share.
type identity struct{ hostKey, machineID string }

func (r *rig) identity(vm *kvmtest.VM) identity {
	r.Helper()
	return identity{vm.Run(r.T, "cat /etc/ssh/ssh_host_ed25519_key.pub"), vm.Run(r.T, "cat /etc/machine-id 2>/dev/null || true")}
}

// sealed seals the machine and returns its disk and who it was.
func (r *rig) sealed() (string, identity) {
	r.Helper()
	was := r.identity(r.vm)
	keep := "authorized-keys,ssh-host-keys"
	var before, without, again, all []seal.Report
	r.kvm(1, &before, "seal", "--verify")
	for _, op := range []string{"agent", "authorized-keys", "ssh-host-keys", "logs"} {
		if len(seal.Of(before[0].Residue, op)) == 0 {
			r.Errorf("no residue of %s before the seal", op)
		}
	}
	r.kvm(0, &without, "seal", "--skip", keep)
	r.kvm(0, &again, "seal", "--verify", "--skip", keep)
	r.kvm(0, &all, "seal")
	if len(all[0].Residue) > 0 || len(all[0].Notes) > 0 {
		r.Errorf("sealed: %+v", all[0])
	}
	r.exits(3, "kvm", "status", "vm", "-F", r.vm.Config) // nobody gets in any more
	return r.vm.PowerOff(r.T), was
}

// copied: what boots from the disk is a machine of its own, with the agent.
func (r *rig) copied(disk string, was identity) {
	r.Helper()
	for _, file := range []string{"/root/.ssh/authorized_keys", "/etc/ssh/ssh_host_ed25519_key", "/etc/machine-id", "/etc/confd/confd.toml", "/opt/qingcloud/app-agent/log/cmd.log"} {
		if text := kvmtest.OnDisk(r.T, disk, file); text != "" {
			r.Errorf("on the sealed disk %s is %q", file, text)
		}
	}
	r.vm = kvmtest.StartVM(r.T, kvmtest.VMOptions{Disk: kvmtest.CopyDisk(r.T, disk), NewKeys: true})
	is := r.identity(r.vm)
	if is.hostKey == was.hostKey || !strings.HasPrefix(is.hostKey, "ssh-ed25519 ") {
		r.Errorf("the host key was %q and is %q", was.hostKey, is.hostKey)
	}
	if was.machineID != "" && (is.machineID == was.machineID || len(is.machineID) != len(was.machineID)) {
		r.Errorf("the machine id was %q and is %q", was.machineID, is.machineID)
	}
	var got []kvm.Report
	r.kvm(0, &got, "install-agent")
	if got[0].Changed || got[0].Version == "" {
		r.Errorf("the agent is not in place: %+v", got[0])
	}
	r.dormant()
	if s := r.status("-C", "app"); len(s.Differences) > 0 || len(s.Commands) > 0 {
		r.Errorf("status of the copy: %+v", s)
	}
	r.env("log_level", "error")
	r.platform()
	r.renders("log_level = error")
}

// OpenRC registers the service, starts it when asked to, and leaves the app alone.
func TestVMOpenRC(t *testing.T) {
	t.Parallel()
	r := newRig(t, "openrc")
	before := r.tree()
	var got []kvm.Report
	r.kvm(0, &got, "install-agent", "--start", "--metadata", r.listen)
	if !got[0].OK || got[0].Facts.Init != "openrc" || !got[0].Facts.Booted {
		t.Errorf("installed: %+v", got[0])
	}
	r.vm.Run(t, "rc-service -e confd && rc-service confd status && ! rc-update show | grep confd")
	r.push()
	r.renders("log_level = info")
	r.command("c1", "sleep 86399 & echo $! >/run/daemon.pid", "successful")
	for _, restart := range []string{"rc-service confd restart", "service confd restart"} {
		r.vm.Run(t, restart+` && kill -0 "$(cat /run/daemon.pid)"`)
	}
	r.env("log_level", "debug")
	r.renders("log_level = debug")
	// One that crashes is back by itself: OpenRC would not start it again.
	r.vm.Run(t, `crashed=$(pidof confd); kill -9 "$crashed"
n=0; until now=$(pidof confd) && [ "$now" != "$crashed" ]; do n=$((n + 1)); [ "$n" -lt 300 ] || exit 1; sleep 0.2; done
rc-service confd start && rc-service confd status && kill -0 "$(cat /run/daemon.pid)"`)
	if s := r.status(); !s.Agent.Running || s.Agent.Enabled || len(s.Agent.PIDs) != 1 || len(s.Commands) != 1 {
		t.Errorf("status: %+v", s)
	}
	got = nil
	r.kvm(0, &got, "install-agent", "--metadata", r.listen)
	if got[0].Changed {
		t.Errorf("the second run changed %+v", got[0].Changes)
	}
	r.uninstalled(before)
}

// tree is every path that packages and appimg have, with mode, owner and size;
// the app's own folder is none of them.
func (r *rig) tree() string {
	r.Helper()
	return r.vm.Run(r.T, `find /etc /opt /usr /var/lib -xdev -path /opt/app -prune -o -type d -printf '%p %m %U %G\n' -o -printf '%p %m %U %G %s %l\n' | sort`)
}

// uninstalled: the machine is what it was before the agent came.
func (r *rig) uninstalled(before string) {
	r.Helper()
	var got []kvm.Report
	r.kvm(0, &got, "uninstall-agent")
	r.vm.Run(r.T, `test -z "$(pidof confd)"; kill -0 "$(cat /run/daemon.pid)"`)
	if after := r.tree(); after != before {
		r.Errorf("uninstall-agent left a difference:\n%s", textdiff.Unified("before", "after", []byte(before), []byte(after)))
	}
}
