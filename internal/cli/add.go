package cli

import (
	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
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

// needArgs wants exactly these arguments.
func needArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return diag.WithHint(usagef("%s: %s is missing", cmd.CommandPath(), names[len(args)]), "usage: %s", cmd.UseLine())
		}
		return atMostArgs(len(names))(cmd, args)
	}
}
