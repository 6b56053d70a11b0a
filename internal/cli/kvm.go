package cli

import (
	"github.com/spf13/cobra"
)

func newKVMCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kvm",
		Short: "KVM instances over SSH",
		Long: `kvm works on KVM instances over SSH. Connections are made as OpenSSH makes them:
~/.ssh/config, keys, the agent, certificates, jump hosts and known_hosts count as
they do for ssh. An unknown host is refused, unless --accept-new-host-key records
it; a host whose key has changed is always refused.`,
	}
	cmd.AddCommand(newKVMInstallAgentCmd(d), newKVMPushCmd(d), newKVMUninstallAgentCmd(d), newKVMAuditCmd(d), newKVMPullCmd(d), newKVMRenderCmd(d), newKVMSealCmd(d), newKVMStatusCmd(d))
	return cmd
}
