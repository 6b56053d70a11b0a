package cli

import "github.com/spf13/cobra"

func newMetadataCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "metadata",
		Short: "Show or serve what the nodes of a simulated cluster see",
		Long: `metadata simulates the cluster that the platform would make of config.json and
cluster.json.mustache: its nodes with their ids and addresses, its parameters,
what each node reads at /self. It is the same every time, and needs no network.`,
		Example: `  appimg metadata show --node /1 --format text
  appimg metadata serve --count 3 --as /1`,
	}
	cmd.AddCommand(newMetadataShowCmd(d), newMetadataExpandCmd(d), newMetadataServeCmd(d))
	return cmd
}
