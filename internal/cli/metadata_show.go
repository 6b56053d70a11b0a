package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v2"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/metadata"
)

const metadataShowLong = `show prints the metadata of a simulated cluster: the whole tree, or with --node
what GET /self returns to one node. PATH is a path in it, such as /self/env or
/clusters; /self may be left out.

Ids and addresses are derived from names, so they are the same every time.
Passwords and access keys are shown as ****** unless --show-secrets is given.`

type metadataShowOptions struct {
	topology *topologyFlags
	format   *formatFlag
	node     string
	path     string
	secrets  bool
}

func newMetadataShowCmd(d *deps) *cobra.Command {
	o := &metadataShowOptions{}
	cmd := &cobra.Command{
		Use:   "show [PATH]",
		Short: "Print the metadata of a simulated cluster",
		Long:  metadataShowLong,
		Example: `  appimg metadata show --node /1
  appimg metadata show /self/hosts --node master/2 --count master=3 --format text
  appimg metadata show --set env.port=6380 --format yaml`,
		Args: atMostArgs(1),
	}
	o.topology = addTopologyFlags(d, cmd)
	o.format = addFormatFlag(cmd, "json", "yaml", "text")
	f := cmd.Flags()
	f.StringVar(&o.node, "node", "", "what this `NODE` sees: <role>/<n>, instance_id, node_id or ip")
	f.BoolVar(&o.secrets, "show-secrets", false, "show passwords and access keys")
	completeFlag(cmd, "node", o.topology.words(d, nodeNames))
	cmd.ValidArgsFunction = atFirst(o.metadataPaths(d))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			o.path = args[0]
		}
		return runMetadataShow(cmd.Context(), d, o)
	}
	return cmd
}

func runMetadataShow(ctx context.Context, d *deps, o *metadataShowOptions) error {
	p, err := o.topology.open(ctx, d)
	if err != nil {
		return err
	}
	tree, steps, err := o.root(p.cluster)
	if err != nil {
		return usageError(err)
	}
	if !o.secrets {
		tree = p.cluster.Mask("", tree).(map[string]any)
	}
	v, err := follow(tree, steps)
	if err != nil {
		return usageError(err)
	}
	switch {
	case o.format.json():
		return d.printJSON(v)
	case o.format.value == "yaml":
		text, err := yaml.Marshal(v)
		if err == nil {
			_, err = d.Out.Write(text)
		}
		return err
	default:
		_, err := fmt.Fprint(d.Out, leafLines(v))
		return err
	}
}

// root is the tree that PATH starts in, and PATH's steps: a node's /self, or
// the cluster's whole data.
func (o *metadataShowOptions) root(c *metadata.Cluster) (map[string]any, []string, error) {
	steps := strings.FieldsFunc(o.path, func(r rune) bool { return r == '/' })
	if o.node == "" {
		if len(steps) > 0 && steps[0] == "self" {
			return nil, nil, diag.WithHint(fmt.Errorf("%s: each node has a /self of its own", o.path), "--node %s", c.Nodes[0].Name())
		}
		return c.Data(), steps, nil
	}
	n, err := c.Find(o.node)
	if err != nil {
		return nil, nil, err
	}
	if len(steps) > 0 && steps[0] == "self" {
		steps = steps[1:]
	}
	return c.Self(n), steps, nil
}

// follow is what lies at steps in tree.
func follow(tree map[string]any, steps []string) (any, error) {
	var at any = tree
	for i, step := range steps {
		level, _ := at.(map[string]any)
		next, ok := level[step]
		if !ok {
			err := fmt.Errorf("no %q in the metadata", "/"+strings.Join(steps[:i+1], "/"))
			names := slices.Sorted(maps.Keys(level))
			return nil, diag.DidYouMean(err, step, names, "there is "+strings.Join(names[:min(len(names), 12)], ", "))
		}
		at = next
	}
	return at, nil
}

// leafLines is v as the metadata server writes text: a line "/path<TAB>value"
// for each leaf, sorted; a single leaf is bare.
func leafLines(v any) string {
	level, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprintln(v)
	}
	var lines []string
	var walk func(path string, level map[string]any)
	walk = func(path string, level map[string]any) {
		for key, v := range level {
			if below, ok := v.(map[string]any); ok {
				walk(path+"/"+key, below)
			} else {
				lines = append(lines, fmt.Sprintf("%s/%s\t%v\n", path, key, v))
			}
		}
	}
	walk("", level)
	slices.Sort(lines)
	return strings.Join(lines, "")
}
