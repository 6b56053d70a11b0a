package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/scaffold"
)

const addEnvLong = `env adds a parameter that users set: to config.json, to the env of
cluster.json.mustache (of the cluster, or with --role of a role), and its texts to
the translations, in English. Templates read it with getv "/env/NAME".

Without --default users have to give a value.`

const addEnvExample = `  appimg add env port --type integer --default 6379 --min 1024 --max 65535
  appimg add env log_level --default info --range debug,info,warn
  appimg add env password --type password --label Password`

func newAddEnvCmd(d *deps) *cobra.Command {
	p := scaffold.Env{}
	var value, allowed string
	cmd := &cobra.Command{
		Use:     "env NAME [--type TYPE] [--default VALUE]",
		Short:   "Add an env parameter",
		Long:    addEnvLong,
		Example: addEnvExample,
		Args:    exactArgs("NAME"),
	}
	e := addEditFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&p.Type, "type", "string", "`TYPE`: string, integer, number, boolean, password, accesskey")
	f.StringVar(&value, "default", "", "the `VALUE` if the user gives none")
	f.StringVar(&p.Role, "role", "", "a parameter of this `ROLE` alone")
	f.StringVar(&allowed, "range", "", "the `VALUES` that are allowed: a,b,c")
	f.StringVar(&p.Min, "min", "", "the least `VALUE`")
	f.StringVar(&p.Max, "max", "", "the greatest `VALUE`")
	f.StringVar(&p.Label, "label", "", "the `TEXT` in front of it (default NAME)")
	f.StringVar(&p.Description, "description", "", "the `TEXT` that explains it")
	completeWords(cmd, "type", "string", "integer", "number", "boolean", "password", "accesskey")
	completeFlag(cmd, "role", e.words(d, roleNames))
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p.Name = args[0]
		if cmd.Flags().Changed("default") {
			p.Default = &value
		}
		if allowed != "" {
			p.Range = strings.Split(allowed, ",")
		}
		return e.run(cmd.Context(), d, func(ctx context.Context, a *app.App) (scaffold.Edits, error) {
			return scaffold.AddEnv(ctx, a, p)
		})
	}
	return cmd
}
