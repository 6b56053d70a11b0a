package cli

import (
	"github.com/spf13/cobra"
)

func newAddCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Add a configuration file, a parameter or a role to the project",
		Long: `add changes every file that a new thing belongs in, in one step: pairs of confd,
config.json, cluster.json.mustache and the translations. Formatting and comments
stay, all files change or none, and the paths that changed go to stdout.
--dry-run shows the changes as a unified diff.`,
		Example: `  appimg add config /etc/redis/redis.conf --from redis.conf --param maxclients
  appimg add env port --type integer --default 6379
  appimg add role worker --count 2 --volume 20`,
	}
	cmd.AddCommand(newAddConfigCmd(d), newAddEnvCmd(d), newAddRoleCmd(d))
	return cmd
}

func newSetCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Set what the project names in several places",
		Long: `set changes a value in every place of the project that has it; formatting and
comments stay.`,
		Example: "  appimg set image node img-1a2b3c4d",
	}
	cmd.AddCommand(newSetImageCmd(d))
	return cmd
}
