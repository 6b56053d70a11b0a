package cli

import (
	"context"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/ssh"
	"github.com/appimg/appimg/pkg/kvm/windows"
)

type kvmInstallOptions struct {
	change *changeFlags

	agent     string
	forceInit string
	start     bool
	metadata  string
	logs      string
}

const kvmInstallLong = `install-agent puts the agent on KVM instances as the platform expects it: its
files with their owners and modes, and a service that is neither enabled nor
started, since the platform does that. Everything is verified at the end; when a
step fails, the machine is made what it was before. A second run changes nothing.

The platform starts the agent after it has written /etc/confd/confd.toml; for a
test of your own, --metadata HOST:PORT writes one and --start starts the service.

Windows (10, Server 2016 or newer) is known by its OpenSSH server, and may be
among the hosts; --force-init and --persist-logs are for Linux.

One host's failure does not stop the others. Exit code 3: a host failed.`

func newKVMInstallAgentCmd(d *deps) *cobra.Command {
	o := &kvmInstallOptions{}
	cmd := &cobra.Command{
		Use:   "install-agent HOST…",
		Short: "Install the agent on KVM instances, and verify it",
		Long:  kvmInstallLong,
		Example: `  appimg kvm install-agent root@192.168.0.10
  appimg kvm install-agent --hosts hosts.txt --parallel 16
  appimg kvm install-agent root@192.168.0.10 --plan --format json >plan.json
  appimg kvm install-agent --apply-plan plan.json`,
	}
	f := cmd.Flags()
	f.StringVar(&o.agent, "agent", "builtin", "`SOURCE` of the agent: builtin, official (the platform's own), a bundle's file or URL[#sha256=HEX]")
	f.StringVar(&o.forceInit, "force-init", "", "register the service with this `INIT` system, also on a system that is not known: systemd, sysv, upstart, openrc")
	f.BoolVar(&o.start, "start", false, "start the service (the platform does that on its own)")
	f.StringVar(&o.metadata, "metadata", "", "write /etc/confd/confd.toml for the metadata server at `HOST:PORT` (the platform does that on its own)")
	f.StringVar(&o.logs, "persist-logs", "", "keep the agent's logs in `DIR`, on a volume (/data/app-agent/logs), from the service's start on")
	o.change = addChangeFlags(cmd)
	completeWords(cmd, "force-init", "systemd", "sysv", "upstart", "openrc")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runKVMInstall(cmd, d, o, args) }
	return cmd
}

func runKVMInstall(cmd *cobra.Command, d *deps, o *kvmInstallOptions, args []string) error {
	bundle := d.kvmAgent(o.agent)
	install := kvm.InstallOptions{
		Agent: bundle, Builtin: o.agent == "builtin", ForceInit: agent.Init(o.forceInit),
		Start: o.start, Metadata: o.metadata, PersistLogs: o.logs,
	}
	if o.forceInit != "" {
		if _, err := agent.Service(install.ForceInit); err != nil {
			return usagef("--force-init: %w", err)
		}
	}
	if o.logs != "" {
		if _, err := agent.PersistLogs(o.logs); err != nil {
			return usagef("--persist-logs: %w", err)
		}
	}
	// What is wrong here is told before a machine is connected to.
	if err := agent.CheckPin(o.agent); err != nil {
		return usageError(err)
	}
	if o.agent != "builtin" && !agent.Remote(o.agent) {
		if err := readable(cmd.Context(), bundle); err != nil {
			return usageError(err)
		}
	}
	return o.change.run(cmd, d, args, func(ctx context.Context, dialer *ssh.Dialer, t kvm.Target, common kvm.Options) *kvm.Report {
		mine := install
		mine.Options = common
		return windows.InstallAgent(ctx, dialer, t, mine)
	})
}

// readable refuses a bundle that is for no machine at all; one that is for some
// has been read then.
func readable(ctx context.Context, bundle func(context.Context, string) (*kvm.Agent, error)) error {
	_, first := bundle(ctx, agent.Arches()[0])
	for _, arch := range append(agent.Arches()[1:], agent.WindowsArch) {
		if first == nil {
			break
		}
		if _, err := bundle(ctx, arch); err == nil {
			return nil
		}
	}
	return first
}

// kvmAgent reads each architecture's agent once, for all hosts.
func (d *deps) kvmAgent(source string) func(context.Context, string) (*kvm.Agent, error) {
	type loaded struct {
		once sync.Once
		a    *kvm.Agent
		err  error
	}
	known := map[string]*loaded{"amd64": {}, "arm64": {}, agent.WindowsArch: {}}
	sources := agent.Sources{Note: func(text string) { d.note("%s", text) }}
	get := func(ctx context.Context, arch string) (*kvm.Agent, error) {
		l := known[arch]
		if l == nil {
			return nil, fmt.Errorf("there is no agent for %q", arch)
		}
		l.once.Do(func() {
			b, err := loadKVMAgent(ctx, sources, source, arch)
			if l.err = err; err == nil {
				l.a, l.err = kvm.Ready(b)
			}
		})
		return l.a, l.err
	}
	return get
}

// loadKVMAgent leaves packed what machines unpack.
func loadKVMAgent(ctx context.Context, sources agent.Sources, source, arch string) (agent.Bundle, error) {
	if source == "builtin" {
		return agent.BuiltinPacked(arch)
	}
	return sources.Load(ctx, source, arch)
}
