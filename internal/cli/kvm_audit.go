package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/audit"
)

const kvmAuditLong = `audit finds what was written to the system disk of a KVM instance: data that the
platform throws away with the disk at every stop, recreate and upgrade, so that it
belongs on a volume. What the agent and the pairs write does not count, nor does
what the system keeps for itself: its own logs, pid files, sockets, caches, the
untouched files of packages.

It begins when appimg last installed something on the machine, or with a
snapshot: take one with --snapshot FILE when everything is installed, let the app
run and be used, then audit --since FILE. Each file is shown with its size, its
owner, and the processes that have it open for writing or the package that it is
of; and with the volume of the role's that it should be on, where the project (-C)
is known.

Exit code 1: something was written.`

const kvmAuditExample = `  appimg kvm audit root@192.168.0.10
  appimg kvm audit root@192.168.0.10 --snapshot before.snapshot
  appimg kvm audit root@192.168.0.10 --since before.snapshot -C . --role master`

// sinceInstall is the value of --since for what appimg installed last.
const sinceInstall = "install"

type kvmAuditOptions struct {
	host     *hostFlags
	since    string
	snapshot string
	force    bool
	project  *roleFlags
}

func newKVMAuditCmd(d *deps) *cobra.Command {
	o := &kvmAuditOptions{}
	cmd := &cobra.Command{
		Use:     "audit HOST…",
		Short:   "Find data on the system disk of KVM instances that would be lost",
		Long:    kvmAuditLong,
		Example: kvmAuditExample,
	}
	f := cmd.Flags()
	f.StringVar(&o.since, "since", sinceInstall, "begin with the last `install`, or with the snapshot in a file")
	f.StringVar(&o.snapshot, "snapshot", "", "write a snapshot of the system disk to `FILE`, and audit nothing")
	f.BoolVar(&o.force, "force", false, "with --snapshot: replace FILE where there is one")
	o.project = addRoleFlags(cmd)
	o.host = addHostFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if o.snapshot != "" && cmd.Flags().Changed("since") {
			return usagef("--snapshot and --since: one of them")
		}
		if o.force && o.snapshot == "" {
			return usagef("--force needs --snapshot FILE")
		}
		if o.snapshot != "" {
			return runKVMSnapshot(cmd, d, o, args)
		}
		return runKVMAudit(cmd, d, o, args)
	}
	return cmd
}

// oneHost refuses several machines where a file is one machine's.
func oneHost(cmd *cobra.Command, f *hostFlags, args []string) error {
	targets, err := f.fleet.targets(cmd, args)
	if err == nil && len(targets) > 1 {
		err = usagef("a snapshot is of one host, and %d are named", len(targets))
	}
	return err
}

func runKVMSnapshot(cmd *cobra.Command, d *deps, o *kvmAuditOptions, args []string) error {
	if err := oneHost(cmd, o.host, args); err != nil {
		return err
	}
	if err := free(o.snapshot, o.force); err != nil {
		return usageError(err)
	}
	type taken struct {
		File  string    `json:"file"`
		Files int       `json:"files"`
		Taken time.Time `json:"taken"`
	}
	all, err := eachHost(cmd, d, o.host, args, "snapshot", func(ctx context.Context, h kvm.Host) (taken, error) {
		s, err := audit.Take(ctx, h)
		if err == nil {
			err = writeSnapshot(o.snapshot, s)
		}
		if err != nil {
			return taken{}, err
		}
		return taken{o.snapshot, s.Len(), time.Unix(s.Taken, 0)}, nil
	})
	if err != nil {
		return err
	}
	return reportHosts(cmd.Context(), d, o.host, all, func(t taken) {
		fmt.Fprintln(d.Out, t.File)
		d.note("%d files are on the system disk", t.Files)
	}, func(taken) bool { return false })
}

func writeSnapshot(file string, s *audit.Snapshot) error {
	if err := replaceFile(file, 0o600, s.Write); err != nil {
		return fmt.Errorf("writing the snapshot %q: %w", file, diag.Reason(err))
	}
	return nil
}

func runKVMAudit(cmd *cobra.Command, d *deps, o *kvmAuditOptions, args []string) error {
	start := audit.SinceInstall()
	if o.since != sinceInstall {
		if err := oneHost(cmd, o.host, args); err != nil {
			return err
		}
		s, err := readSnapshot(o.since)
		if err != nil {
			return err
		}
		start = audit.Since(s)
	}
	mounts, err := o.project.mounts(cmd.Context(), d)
	if err != nil {
		return err
	}
	all, err := eachHost(cmd, d, o.host, args, "audit", func(ctx context.Context, h kvm.Host) (*audit.Report, error) {
		return audit.Run(ctx, h, start, audit.Options{Mounts: mounts})
	})
	if err != nil {
		return err
	}
	return reportHosts(cmd.Context(), d, o.host, all, func(r *audit.Report) { printAudit(d, r) }, func(r *audit.Report) bool { return len(r.Files) > 0 })
}

func readSnapshot(file string) (*audit.Snapshot, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, diag.WithHint(usagef("reading the snapshot: %w", err), "--snapshot FILE takes one; --since install begins with what appimg installed last")
	}
	defer f.Close()
	s, err := audit.Read(f)
	if err != nil {
		return nil, usagef("reading the snapshot %q: %w", file, err)
	}
	return s, nil
}

func printAudit(d *deps, r *audit.Report) {
	since := r.Since.Format(time.RFC3339)
	if len(r.Files) == 0 {
		fmt.Fprintf(d.Out, "nothing was written to the system disk since %s that would be lost\n", since)
		return
	}
	var sum int64
	w := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', 0)
	for _, f := range r.Files {
		sum += f.Size
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", bytesText(f.Size), f.Path, writtenBy(f), belongsOn(f))
	}
	_ = w.Flush() // what cannot be written shows in the next line, too
	fmt.Fprintf(d.Out, "%d files with %s were written to the system disk since %s\n", len(r.Files), bytesText(sum), since)
}

func writtenBy(f audit.File) string {
	words := []string{}
	if f.Change != "" {
		words = append(words, f.Change)
	}
	if len(f.Writers) > 0 {
		words = append(words, "open in "+strings.Join(f.Writers, ", "))
	}
	if f.Package != "" {
		words = append(words, "of package "+f.Package)
	}
	return strings.Join(append(words, "owned by "+f.Owner), ", ")
}

func belongsOn(f audit.File) string {
	if f.Volume == "" {
		return "belongs on a volume"
	}
	return "belongs on " + f.Volume
}
