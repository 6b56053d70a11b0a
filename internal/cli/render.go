package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/render"
)

const renderLong = `render shows what confd would write on each node, byte for byte as on the
platform. It works offline: the metadata is that of a simulated cluster, made
from config.json and cluster.json.mustache.

With --metadata and --confdir no project is needed: what a real node sees
(curl http://metadata/self on it) against a folder with conf.d/ and templates/.

Several files are shown with a line "==> NODE DEST <==" before each; one file is
its bytes alone. A pair that cannot be rendered does not stop the others.

Exit code: 1 where a pair could not be rendered, or where --diff found a difference.`

const renderExample = `  appimg render                              every file of every node
  appimg render --node /1 --count 3           one node of three (<role>/1 where roles have names)
  appimg render --set env.port=6380 --out new
  appimg render --diff new                    what an edit changes
  appimg render --metadata self.json --confdir /etc/confd`

type renderOptions struct {
	topology  *topologyFlags
	format    *formatFlag
	nodes     []string
	roles     []string
	metadata  string
	prefix    string
	confDir   string
	templates string
	out       string
	diff      string
	force     bool
	watch     bool
}

func newRenderCmd(d *deps) *cobra.Command {
	o := &renderOptions{}
	cmd := &cobra.Command{
		Use:     "render [flags]",
		Short:   "Show what every node would get, byte for byte",
		Long:    renderLong,
		Example: renderExample,
		Args:    atMostArgs(0),
	}
	o.topology = addTopologyFlags(d, cmd)
	o.format = addFormatFlag(cmd, "text", "json")
	f := cmd.Flags()
	f.StringArrayVar(&o.nodes, "node", nil, "only this `NODE`: <role>/<n>, instance_id, node_id or ip (repeatable)")
	f.StringArrayVar(&o.roles, "role", nil, "only the nodes of this `ROLE` (repeatable)")
	f.StringVar(&o.metadata, "metadata", "", "render one node from `FILE`, what GET /self returned to it")
	f.StringVar(&o.prefix, "prefix", "/self", "with --metadata: the `PATH` that FILE was got from; / is the root")
	f.StringVar(&o.confDir, "confdir", "", "render the pairs of `DIR`, which holds conf.d/ and templates/; templates ask this machine")
	f.StringVar(&o.templates, "templates", "", "with --confdir: the `DIR` of the templates where it is another")
	f.StringVar(&o.out, "out", "", "write each file below `DIR`: <instance_id>/<dest>, or <dest> for a single node")
	f.StringVar(&o.diff, "diff", "", "show a unified diff to such a `DIR`")
	f.BoolVar(&o.force, "force", false, "with --out: replace files that differ")
	f.BoolVar(&o.watch, "watch", false, "render again whenever a file is saved, until Ctrl-C")
	completeFolders(cmd, "confdir", "templates", "out", "diff")
	completeFlag(cmd, "node", o.topology.words(d, nodeNames))
	completeFlag(cmd, "role", o.topology.words(d, roleNames))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(cmd); err != nil {
			return err
		}
		if o.watch {
			return watchRender(cmd.Context(), d, o)
		}
		return runRender(cmd.Context(), d, o)
	}
	return cmd
}

func (o *renderOptions) check(cmd *cobra.Command) error {
	for _, needs := range [][2]string{{"templates", "confdir"}, {"prefix", "metadata"}, {"force", "out"}} {
		if cmd.Flags().Changed(needs[0]) && !cmd.Flags().Changed(needs[1]) {
			return diag.WithHint(usagef("--%s is for --%s", needs[0], needs[1]), "%s --help explains the flags", cmd.CommandPath())
		}
	}
	for _, simulated := range []string{"node", "role", "set", "count", "adding", "deleting", "no-links"} {
		if o.metadata != "" && cmd.Flags().Changed(simulated) {
			return diag.WithHint(usagef("--metadata is one node's as it is: --%s is for a simulated cluster", simulated), "leave one of them out")
		}
	}
	if o.diff == "" {
		return nil
	}
	if o.out != "" {
		return diag.WithHint(usagef("--out writes files, --diff compares with them"), "leave one of them out")
	}
	if o.format.json() {
		return diag.WithHint(usagef("--diff shows text: --format json is not for it"), "leave one of them out")
	}
	if st, err := os.Stat(o.diff); err != nil || !st.IsDir() {
		return diag.WithHint(usagef("--diff %q: there is no such folder", o.diff), "%s --out %s makes it", cmd.CommandPath(), o.diff)
	}
	return nil
}

func runRender(ctx context.Context, d *deps, o *renderOptions) error {
	r, err := o.render(ctx, d)
	if err != nil {
		return err
	}
	d.noteOnce(r.Notes)
	perNode := o.metadata == "" && len(o.nodes) != 1
	differs, err := o.show(d, r, perNode)
	if err != nil {
		return err
	}
	failed := r.Failed()
	d.reportFailed(failed)
	if len(failed) > 0 || differs {
		return errDefectReported()
	}
	return nil
}

// show prints, writes or compares the files.
func (o *renderOptions) show(d *deps, r *render.Result, perNode bool) (differs bool, err error) {
	switch {
	case o.diff != "":
		out, err := render.Diff(o.diff, r.Files, perNode)
		if err != nil {
			return false, err
		}
		_, err = d.Out.Write(out)
		return len(out) > 0, err
	case o.out != "":
		written, err := render.Write(o.out, r.Files, perNode, o.force)
		if errors.Is(err, render.ErrDiffers) {
			err = usageError(err)
		}
		if o.format.json() && err == nil {
			return false, d.printJSON(append([]render.File{}, r.Files...))
		}
		for _, w := range written {
			fmt.Fprintln(d.Out, w)
		}
		return false, err
	case o.format.json():
		return false, d.printJSON(append([]render.File{}, r.Files...))
	default:
		return false, d.printFiles(r.Files)
	}
}

// printFiles writes contents on stdout: one file as it is, several with a line before each.
func (d *deps) printFiles(files []render.File) error {
	for i := range files {
		f := &files[i]
		if f.Err != nil {
			continue
		}
		if len(files) > 1 {
			name := f.Dest
			if f.Node != "" {
				name = f.Node + " " + f.Dest
			}
			fmt.Fprintf(d.Out, "%s\n", d.outStyle.bold("==> "+name+" <=="))
		}
		if _, err := d.Out.Write(f.Content); err != nil {
			return err
		}
		if n := len(f.Content); len(files) > 1 && n > 0 && f.Content[n-1] != '\n' {
			fmt.Fprintln(d.Out)
		}
	}
	return nil
}

// reportFailed prints the faults of pairs: each once, with the nodes that it is on.
func (d *deps) reportFailed(failed []render.File) {
	nodes := map[string][]string{}
	key := func(f render.File) string { return f.Resource + "\x00" + f.Err.Error() }
	for _, f := range failed {
		nodes[key(f)] = append(nodes[key(f)], nodeLabel(f))
	}
	for _, f := range failed {
		on := nodes[key(f)]
		if len(on) == 0 {
			continue // said already
		}
		delete(nodes, key(f))
		where := ""
		switch {
		case len(on) > 1:
			where = fmt.Sprintf(" on %s and %d more", on[0], len(on)-1)
		case on[0] != "":
			where = " on " + on[0]
		}
		d.report(fmt.Errorf("rendering %q%s: %w", f.Resource, where, f.Err))
	}
}

func nodeLabel(f render.File) string {
	if f.Role == "" {
		return f.Node
	}
	return fmt.Sprintf("%s (%s)", f.Node, f.Role)
}
