package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/scaffold"
)

const addConfigLong = `config adds a pair to the project: conf.d/NAME.toml and templates/NAME.tmpl, which
confd renders to DEST on every node.

With --from the template is made of an existing file and renders to it byte for
byte. --param turns a setting of it (KEY = value, KEY: value, KEY value, JSON,
YAML, INI, XML; KEY with its sections where it is set more than once) into an env
parameter: in the template, in config.json, in cluster.json.mustache and in the
translations. Type and default are those of the value that stands there.

Where a pair writes DEST already, --param does the same to its template.`

const addConfigExample = `  appimg add config /opt/app/conf/my.conf --from my.conf --reload '/opt/app/bin/app reload'
  appimg add config /etc/redis/redis.conf --from redis.conf --param maxclients --param maxmemory_policy=maxmemory-policy
  appimg add config /opt/app/conf/my.conf --param workers=server.workers --dry-run`

func newAddConfigCmd(d *deps) *cobra.Command {
	c := scaffold.Config{}
	var params []string
	cmd := &cobra.Command{
		Use:     "config DEST [--from FILE] [--param NAME[=KEY]]...",
		Short:   "Add a pair for a configuration file",
		Long:    addConfigLong,
		Example: addConfigExample,
		Args:    exactArgs("DEST"),
	}
	e := addEditFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&c.From, "from", "", "make the template of this `FILE`")
	f.StringArrayVar(&params, "param", nil, "turn a setting into an env parameter: `NAME[=KEY]` with the KEY in the file (repeatable)")
	f.StringVar(&c.Image, "image", "", "the project's `IMAGE` that gets the pair")
	f.StringVar(&c.Reload, "reload", "", "run this `COMMAND` when the file changed (reload_cmd)")
	f.StringVar(&c.Check, "check", "", "run this `COMMAND` before the file is swapped; {{.src}} is the new one (check_cmd)")
	f.StringVar(&c.Mode, "mode", "", "the `MODE` of the file, octal (0644)")
	f.StringVar(&c.Owner, "owner", "", "the file's owner: `UID[:GID]`, numbers")
	completeFlag(cmd, "image", e.words(d, imageNames))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c.Dest = args[0]
		for _, p := range params {
			c.Params = append(c.Params, scaffold.ParseParam(p))
		}
		return e.run(cmd.Context(), d, func(ctx context.Context, a *app.App) (scaffold.Edits, error) {
			edits, notes, err := scaffold.AddConfig(ctx, a, c)
			for _, n := range notes {
				d.note("%s", n)
			}
			return edits, err
		})
	}
	return cmd
}
