package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/drift"
	"github.com/appimg/appimg/pkg/render"
)

const kvmRenderLong = `render renders a KVM instance's own pairs, those in its /etc/confd, and shows how
the result differs from the files on its disk. Nothing is written on the machine.

--metadata machine (the default) asks the metadata server that the machine's
confd.toml names, from the machine; simulated is a cluster made from the project
(-C), --node says which node of it; a file is what GET /self returned. What
templates ask of their machine (fileExists, getenv, lookupIP) the machine answers.

Exit code 1: a pair does not render, or a file differs.`

type kvmRenderOptions struct {
	host     *hostFlags
	topology *topologyFlags
	metadata string
	node     string
}

func newKVMRenderCmd(d *deps) *cobra.Command {
	o := &kvmRenderOptions{}
	cmd := &cobra.Command{
		Use:   "render HOST…",
		Short: "Render a KVM instance's own pairs, and compare with its files",
		Long:  kvmRenderLong,
		Example: `  appimg kvm render root@192.168.0.10
  appimg kvm render root@192.168.0.10 --metadata simulated -C . --node master/1
  appimg kvm render root@192.168.0.10 --metadata self.json`,
	}
	cmd.Flags().StringVar(&o.metadata, "metadata", "machine", "`SOURCE` of the metadata: machine, simulated, or a file")
	cmd.Flags().StringVar(&o.node, "node", "", "with --metadata simulated: as this `NODE`: <role>/<n>, instance_id, node_id or ip")
	o.topology = addTopologyFlags(d, cmd)
	o.host = addHostFlags(cmd)
	completeFlag(cmd, "node", o.topology.words(d, nodeNames))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if o.metadata != "simulated" && (o.node != "" || o.topology.changed(cmd)) {
			return diag.WithHint(usagef("--node and what describes a cluster are for --metadata simulated"), "--metadata is %q", o.metadata)
		}
		return runKVMRender(cmd, d, o, args)
	}
	return cmd
}

func runKVMRender(cmd *cobra.Command, d *deps, o *kvmRenderOptions, args []string) error {
	get, err := o.source(cmd.Context(), d)
	if err != nil {
		return err
	}
	all, err := eachHost(cmd, d, o.host, args, "render", func(ctx context.Context, h kvm.Host) (*drift.Report, error) {
		m, err := get(ctx, h)
		if err != nil {
			return nil, err
		}
		return drift.Of(ctx, h, m)
	})
	if err != nil {
		return err
	}
	return reportHosts(cmd.Context(), d, o.host, all, func(r *drift.Report) { printDrift(d, r) }, (*drift.Report).Defective)
}

// source is how a machine's metadata is had.
func (o *kvmRenderOptions) source(ctx context.Context, d *deps) (func(context.Context, kvm.Host) (*drift.Metadata, error), error) {
	var m *drift.Metadata
	var err error
	switch o.metadata {
	case "machine":
		return drift.MachineMetadata, nil
	case "simulated":
		m, err = o.simulated(ctx, d)
	default:
		m, err = o.dump(d)
	}
	return func(context.Context, kvm.Host) (*drift.Metadata, error) { return m, nil }, err
}

// simulated is a node of the project's cluster: --node, else the first.
func (o *kvmRenderOptions) simulated(ctx context.Context, d *deps) (*drift.Metadata, error) {
	p, err := o.topology.open(ctx, d)
	if err != nil {
		return nil, err
	}
	if len(p.cluster.Nodes) == 0 {
		return nil, diag.WithHint(usagef("the simulated cluster has no node"), "--count says how many")
	}
	n := p.cluster.Nodes[0]
	if o.node != "" {
		if n, err = p.cluster.Find(o.node); err != nil {
			return nil, usageError(err)
		}
	}
	src, prefix := render.NodeSource(p.spec, p.cluster, n)
	return &drift.Metadata{Source: src, Prefix: prefix, Node: render.Node{ID: n.InstanceID, Role: n.Role}}, nil
}

// dump is what a file has: GET /self, or GET / where it has "self".
func (o *kvmRenderOptions) dump(d *deps) (*drift.Metadata, error) {
	doc, err := (&renderOptions{metadata: o.metadata}).readDump(d.In)
	if err != nil {
		return nil, err
	}
	prefix := "/self"
	if m, ok := doc.(map[string]any); ok && m["self"] != nil {
		prefix = "/"
	}
	return &drift.Metadata{Source: confd.TreeSource(prefix, doc), Prefix: prefix, Node: dumpNode(doc)}, nil
}

func printDrift(d *deps, r *drift.Report) {
	same := 0
	for _, f := range r.Files {
		switch {
		case f.Error != "":
			fmt.Fprintf(d.Out, "%s: does not render: %s\n", f.Resource, f.Error)
		case f.Missing && f.Content == "":
			fmt.Fprintf(d.Out, "%s: missing on the machine, rendered empty\n", f.Dest)
		case f.Diff != "":
			fmt.Fprint(d.Out, f.Diff)
		default:
			same++
		}
	}
	fmt.Fprintf(d.Out, "%d of %d files are as they render\n", same, len(r.Files))
}
