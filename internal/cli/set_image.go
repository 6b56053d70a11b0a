package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/scaffold"
)

const setImageLong = `image writes REF, an image reference or the id of a captured image, into every place
of cluster.json.mustache that names the image of ROLE; formatting is kept. Roles
that share the image follow. An app's one unnamed role is called node.`

func newSetImageCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "image ROLE REF",
		Short: "Write the image of a role into cluster.json.mustache",
		Long:  setImageLong,
		Example: `  appimg set image node img-1a2b3c4d
  appimg set image master dockerhub.qingcloud.com/my/redis:1.2`,
		Args: exactArgs("ROLE", "REF"),
	}
	e := addEditFlags(cmd)
	cmd.ValidArgsFunction = atFirst(e.words(d, imageRoles))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return e.run(cmd.Context(), d, func(ctx context.Context, a *app.App) (scaffold.Edits, error) {
			return scaffold.SetImage(ctx, a, args[0], args[1])
		})
	}
	return cmd
}
