package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/scaffold"
)

const addRoleLong = `role adds a role: what users choose for it to config.json, its node to
cluster.json.mustache, its texts to the translations. Its services (init, start,
stop …) are yours to write.

The image is that of the first role unless --image names another.`

func newAddRoleCmd(d *deps) *cobra.Command {
	r := scaffold.Role{}
	cmd := &cobra.Command{
		Use:     "role NAME [--count N] [--volume GIB]",
		Short:   "Add a role",
		Long:    addRoleLong,
		Example: "  appimg add role worker --count 2 --volume 20",
		Args:    exactArgs("NAME"),
	}
	e := addEditFlags(cmd)
	f := cmd.Flags()
	f.IntVar(&r.Count, "count", 1, "the number `N` of nodes; with 0 users choose whether to have the role")
	f.IntVar(&r.Volume, "volume", 0, "size of each node's volume in `GIB`, at /data (default: no volume)")
	f.StringVar(&r.Image, "image", "", "the `IMAGE` of its nodes: a reference, or an img- id")
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r.Name = args[0]
		return e.run(cmd.Context(), d, func(ctx context.Context, a *app.App) (scaffold.Edits, error) {
			edits, err := scaffold.AddRole(ctx, a, r)
			if err == nil && r.Volume == 0 {
				d.note("role %s has no volume: nothing on its nodes outlives a stop", r.Name)
			}
			return edits, err
		})
	}
	return cmd
}
