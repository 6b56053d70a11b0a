package cli

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/seal"
)

const kvmSealLong = `seal makes a KVM instance fit to be captured as an image and shared. Named
operations (--list) remove what belongs to this one machine, or to those who
made it: host keys, machine id, histories, logs, leases, caches, keys to log in
with, and more. The machine may be running: logs that services have open are
emptied in place, sockets and the folders of running services stay, and what is
not on the system disk is not touched.

What lets people connect goes last. After it nobody can log in until the next
boot makes new host keys (where the distribution does not see to that, seal adds
a service that does), so everything is verified at the end, over the connection
that there is. Exit code 1: something is left. Then stop the instance, and
capture it.

--plan tells what would go, and --verify what is there of any operation's
traces; both change nothing.`

const kvmSealExample = `  appimg kvm seal root@192.168.0.10 --plan
  appimg kvm seal root@192.168.0.10
  appimg kvm seal root@192.168.0.10 --skip authorized-keys,ssh-host-keys
  appimg kvm seal root@192.168.0.10 --verify --skip authorized-keys,ssh-host-keys
  appimg kvm seal --list`

type kvmSealOptions struct {
	host       *hostFlags
	only, skip []string
	plan       bool
	verify     bool
	list       bool
	ops        []seal.Operation
}

func newKVMSealCmd(d *deps) *cobra.Command {
	o := &kvmSealOptions{}
	cmd := &cobra.Command{
		Use:     "seal HOST…",
		Short:   "Make KVM instances fit to be captured: remove what is one machine's own",
		Long:    kvmSealLong,
		Example: kvmSealExample,
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.only, "only", nil, "do only these `OPERATIONS`")
	f.StringSliceVar(&o.skip, "skip", nil, "leave out these `OPERATIONS`")
	f.BoolVar(&o.plan, "plan", false, "only tell what would go; nothing is written")
	f.BoolVar(&o.verify, "verify", false, "only look for what is left; nothing is written, exit code 1 where there is something")
	f.BoolVar(&o.list, "list", false, "list the operations, in their order")
	completeWords(cmd, "only", seal.Names()...)
	completeWords(cmd, "skip", seal.Names()...)
	o.host = addHostFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var err error
		if o.ops, err = seal.Select(o.only, o.skip); err != nil {
			return usageError(err)
		}
		if len(o.ops) == 0 {
			return usagef("--only and --skip leave no operation")
		}
		if o.plan && o.verify || o.list && (o.plan || o.verify) {
			return usagef("--plan, --verify and --list: one of them")
		}
		if o.list {
			return o.printList(d)
		}
		return runKVMSeal(cmd, d, o, args)
	}
	return cmd
}

// printList shows the selected operations.
func (o *kvmSealOptions) printList(d *deps) error {
	type operation struct {
		Name string `json:"name"`
		Doc  string `json:"doc"`
	}
	var all []operation
	for _, op := range o.ops {
		all = append(all, operation{op.Name, op.Doc})
	}
	if o.host.format.json() {
		return d.printJSON(all)
	}
	w := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', 0)
	for _, op := range all {
		fmt.Fprintf(w, "%s\t%s\n", op.Name, op.Doc)
	}
	return w.Flush()
}

func runKVMSeal(cmd *cobra.Command, d *deps, o *kvmSealOptions, args []string) error {
	doing, do := "seal", seal.Run
	switch {
	case o.plan:
		doing, do = "plan", seal.Plan
	case o.verify:
		doing, do = "verify", seal.Verify
	}
	all, err := eachHost(cmd, d, o.host, args, doing, func(ctx context.Context, h kvm.Host) (*seal.Report, error) { return do(ctx, h, o.ops) })
	if err != nil {
		return err
	}
	if o.verify {
		for i := range all {
			if all[i].report == nil && all[i].err != nil {
				all[i].err = diag.WithHint(all[i].err, "a sealed machine lets nobody in until it is booted; seal verifies at its own end")
			}
		}
	}
	return reportHosts(cmd.Context(), d, o.host, all, func(r *seal.Report) { o.print(d, r) }, func(r *seal.Report) bool { return !o.plan && len(r.Residue) > 0 })
}

// print is the report of one machine: each operation with what it found.
func (o *kvmSealOptions) print(d *deps, r *seal.Report) {
	for _, n := range r.Notes {
		d.note("%s", n)
	}
	switch {
	case o.plan:
		o.printFindings(d, r.Done)
		fmt.Fprintf(d.Out, "%s would go\n", sumUp(r.Done))
		return
	case !o.verify:
		fmt.Fprintf(d.Out, "sealed: %d operations, %s\n", len(r.Operations), sumUp(r.Done))
	}
	for _, f := range r.Residue {
		fmt.Fprintf(d.Out, "residue of %s: %s (%s)\n", f.Operation, f.Path, bytesText(f.Size))
	}
	if len(r.Residue) == 0 {
		fmt.Fprintf(d.Out, "verified: nothing is left of %d operations\n", len(r.Operations))
	}
}

func (o *kvmSealOptions) printFindings(d *deps, list []seal.Finding) {
	for _, op := range o.ops {
		found := seal.Of(list, op.Name)
		if len(found) == 0 {
			continue
		}
		fmt.Fprintf(d.Out, "%s\n", op.Name)
		for _, f := range found {
			fmt.Fprintf(d.Out, "  %s %s", f.How, f.Path)
			if f.Size > 0 {
				fmt.Fprintf(d.Out, " (%s)", bytesText(f.Size))
			}
			fmt.Fprintln(d.Out)
		}
	}
}

func sumUp(list []seal.Finding) string {
	var sum int64
	for _, f := range list {
		sum += f.Size
	}
	return fmt.Sprintf("%d traces with %s", len(list), bytesText(sum))
}
