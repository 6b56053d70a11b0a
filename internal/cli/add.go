package cli

import (
	"github.com/spf13/cobra"
)

func newAddCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Add a configuration file, a parameter or a role to the project",
	}
	cmd.AddCommand(newAddConfigCmd(d), newAddEnvCmd(d), newAddRoleCmd(d))
	return cmd
}

func newSetCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Set what the project names in several places",
	}
	cmd.AddCommand(newSetImageCmd(d))
	return cmd
}
