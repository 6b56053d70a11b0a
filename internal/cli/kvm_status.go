package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/status"
)

const kvmStatusLong = `status tells how KVM instances stand: the agent, its version and its service; every
pair, whether it loads and when its file was last written; the last commands that
the platform sent, with their results; and, where the project is known (-C, or
appimg.toml here), what differs from it: pairs, templates and files of rootfs that
are missing or changed, and pairs that the project does not have.

Exit code 1: there is no agent, a pair does not load, or something differs.`

type kvmStatusOptions struct {
	host    *hostFlags
	project *roleFlags
}

func newKVMStatusCmd(d *deps) *cobra.Command {
	o := &kvmStatusOptions{}
	cmd := &cobra.Command{
		Use:   "status HOST…",
		Short: "Tell how KVM instances stand: agent, pairs, commands, differences",
		Long:  kvmStatusLong,
		Example: `  appimg kvm status root@192.168.0.10
  appimg kvm status root@192.168.0.10 -C . --role master --format json`,
	}
	o.project = addRoleFlags(cmd)
	o.host = addHostFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runKVMStatus(cmd, d, o, args) }
	return cmd
}

func runKVMStatus(cmd *cobra.Command, d *deps, o *kvmStatusOptions, args []string) error {
	items, err := o.project.items(cmd.Context(), d)
	if err != nil {
		return err
	}
	all, err := eachHost(cmd, d, o.host, args, "status", func(ctx context.Context, h kvm.Host) (*status.Report, error) {
		return status.Of(ctx, h, items)
	})
	if err != nil {
		return err
	}
	return reportHosts(cmd.Context(), d, o.host, all, func(r *status.Report) { printStatus(d, r) }, (*status.Report).Defective)
}

func printStatus(d *deps, r *status.Report) {
	a := r.Agent
	w := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "system\t%s\n", r.System)
	if a.Installed {
		fmt.Fprintf(w, "agent\t%s\n", a.Version)
	}
	service := a.Service()
	if a.Enabled {
		service += ", starts at boot (the platform starts it itself)"
	}
	fmt.Fprintf(w, "service\t%s\n", service)
	if a.Nodes != "" {
		fmt.Fprintf(w, "metadata\t%s %s\n", a.Nodes, a.Prefix)
	}
	for _, m := range a.Missing {
		fmt.Fprintf(w, "missing\t%s\n", m)
	}
	if a.Unfinished {
		fmt.Fprintf(w, "unfinished\ta run of appimg did not come to its end: run it again\n")
	}
	_ = w.Flush() // what cannot be written shows in the next lines, too
	printPairs(d, r.Pairs)
	printCommands(d, r.Commands)
	if r.Differences != nil && len(r.Differences) == 0 {
		fmt.Fprintln(d.Out, "nothing differs from the project")
	}
	for _, diff := range r.Differences {
		fmt.Fprintf(d.Out, "differs from the project: %s: %s\n", diff.Path, diff.What)
	}
}

func printPairs(d *deps, pairs []status.Pair) {
	w := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', 0)
	for _, p := range pairs {
		switch {
		case p.Fault != "":
			fmt.Fprintf(w, "pair\t%s\tdoes not load: %s\n", p.Resource, p.Fault)
		case p.Rendered == nil:
			fmt.Fprintf(w, "pair\t%s\t%s, not written yet\n", p.Resource, p.Dest)
		default:
			fmt.Fprintf(w, "pair\t%s\t%s, written %s\n", p.Resource, p.Dest, p.Rendered.Format(time.DateTime))
		}
	}
	_ = w.Flush() // what cannot be written shows in the next lines, too
}

func printCommands(d *deps, commands []status.Command) {
	w := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', 0)
	for _, c := range commands {
		result := c.Result
		if c.Code != 0 {
			result = fmt.Sprintf("%s (%d)", result, c.Code)
		}
		fmt.Fprintf(w, "command\t%s\t%s\t%s\t%s\n", c.ID, c.Started, result, strings.ReplaceAll(c.Cmd, "\n", "\n  "))
	}
	_ = w.Flush() // what cannot be written shows in the next lines, too
}
