package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

const kvmUninstallLong = `uninstall-agent takes away what appimg has put on KVM instances, and only that: the
agent with its service and logs, what push has put there (--keep-pushed leaves
it), the service that seal adds for host keys, and appimg's own record. It goes by
that record. Files of yours in /etc/confd stay; files of appimg's that were edited stay
too, and are named. What scripts of [kvm] provision have done is not undone.

A running agent is stopped. When a step fails, the machine is made what it was.

An agent that appimg has not installed is refused; --force takes away what an agent
is known to have. Exit code 3: a host failed.`

func newKVMUninstallAgentCmd(d *deps) *cobra.Command {
	var keep, force bool
	cmd := &cobra.Command{
		Use:   "uninstall-agent HOST…",
		Short: "Take away what appimg has put on KVM instances",
		Long:  kvmUninstallLong,
		Example: `  appimg kvm uninstall-agent root@192.168.0.10 --plan
  appimg kvm uninstall-agent root@192.168.0.10
  appimg kvm uninstall-agent --hosts hosts.txt --keep-pushed`,
	}
	cmd.Flags().BoolVar(&keep, "keep-pushed", false, "leave what push has put there")
	cmd.Flags().BoolVar(&force, "force", false, "take edited files away too, and an agent that appimg has not installed")
	change := addChangeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return change.run(cmd, d, args, func(ctx context.Context, dialer *ssh.Dialer, t kvm.Target, common kvm.Options) *kvm.Report {
			return kvm.UninstallAgent(ctx, dialer, t, kvm.UninstallOptions{Options: common, KeepPushed: keep, Force: force})
		})
	}
	return cmd
}
