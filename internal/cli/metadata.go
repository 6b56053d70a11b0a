package cli

import "github.com/spf13/cobra"

func newMetadataCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "metadata",
		Short: "Show or serve what the nodes of a simulated cluster see",
	}
	cmd.AddCommand(newMetadataShowCmd(d), newMetadataServeCmd(d))
	return cmd
}
