package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
)

// hostsFailed ends a command on machines some of which failed, which is told already.
func (d *deps) hostsFailed(failed, of int) error {
	if of > 1 {
		d.note("%d of %d hosts failed", failed, of)
	}
	return errUnfinishedReported()
}

// hostFlags are those of every command that looks at machines or works on them.
type hostFlags struct {
	connect *connectFlags
	fleet   *fleetFlags
	format  *formatFlag
}

func addHostFlags(cmd *cobra.Command) *hostFlags {
	return &hostFlags{addConnectFlags(cmd), addFleetFlags(cmd), addFormatFlag(cmd, "text", "json")}
}

// outcome is what became of one machine: a report, or an error.
type outcome[T any] struct {
	host   string
	report T
	err    error
	took   time.Duration
}

// MarshalJSON puts host, ok, error and hints beside the report's own fields.
func (o outcome[T]) MarshalJSON() ([]byte, error) {
	head := struct {
		Host  string        `json:"host"`
		OK    bool          `json:"ok"`
		Error string        `json:"error,omitempty"`
		Hints []string      `json:"hints,omitempty"`
		Took  time.Duration `json:"took_ns"`
	}{Host: o.host, OK: o.err == nil, Hints: diag.Hints(o.err), Took: o.took}
	if o.err != nil {
		head.Error = o.err.Error()
	}
	base, err := json.Marshal(head)
	if err != nil || o.err != nil {
		return base, err
	}
	report, err := json.Marshal(o.report)
	if err != nil || len(report) <= 2 {
		return base, err
	}
	return append(append(base[:len(base)-1], ','), report[1:]...), nil
}

// eachHost connects to the machines of args and of --hosts, and does something
// on each of them; doing names it while it is under way.
func eachHost[T any](cmd *cobra.Command, d *deps, f *hostFlags, args []string, doing string, do func(context.Context, kvm.Host) (T, error)) (out []outcome[T], err error) {
	targets, err := f.fleet.targets(cmd, args)
	if err != nil {
		return nil, err
	}
	s, err := f.connect.open(d)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return kvm.Each(cmd.Context(), targets, f.fleet.parallel, func(ctx context.Context, t kvm.Target) outcome[T] {
		begin := time.Now()
		o := outcome[T]{host: t.String()}
		s.event(kvm.Event{Host: o.host, Phase: kvm.PhaseConnect})
		h, err := s.dialer.Dial(ctx, t)
		if err == nil {
			s.event(kvm.Event{Host: o.host, Phase: kvm.Phase(doing)})
			o.report, o.err = do(ctx, h)
			_ = h.Close() // of no interest once the work is done
		} else {
			o.err = err
		}
		s.end(o.host, nil, o.err)
		o.took = time.Since(begin)
		return o
	}), nil
}

// reportHosts prints the outcomes: as JSON, or each with print; the errors go
// to stderr. It ends with exit code 3 where a host failed, else with 1 where
// one has a defect.
func reportHosts[T any](ctx context.Context, d *deps, f *hostFlags, all []outcome[T], print func(T), defective func(T) bool) error {
	failed, bad := 0, false
	for _, o := range all {
		switch {
		case o.err != nil && !errors.Is(o.err, context.Canceled):
			failed++
			d.report(o.err)
		case o.err == nil:
			bad = bad || defective(o.report)
		}
	}
	if f.format.json() {
		if err := d.printJSON(all); err != nil {
			return err
		}
	} else {
		for _, o := range all {
			if o.err == nil {
				if len(all) > 1 {
					fmt.Fprintf(d.Out, "==> %s <==\n", o.host)
				}
				print(o.report)
			}
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed > 0:
		return d.hostsFailed(failed, len(all))
	case bad:
		return errDefectReported()
	}
	return nil
}

// fleetFlags say which machines.
type fleetFlags struct {
	hosts    string
	parallel int
}

func addFleetFlags(cmd *cobra.Command) *fleetFlags {
	f := &fleetFlags{}
	cmd.Flags().StringVar(&f.hosts, "hosts", "", "`FILE` with one host per line: [user@]host[:port] [user=NAME] [port=N] [sudo=no]")
	cmd.Flags().IntVar(&f.parallel, "parallel", 32, "how many hosts at a time: `N`")
	return f
}

// targets are the machines of the arguments and of --hosts, each once.
func (f *fleetFlags) targets(cmd *cobra.Command, args []string) ([]kvm.Target, error) {
	if f.parallel < 1 {
		return nil, usagef("--parallel %d: at least one", f.parallel)
	}
	var out []kvm.Target
	for _, a := range args {
		t, err := kvm.ParseTarget(a)
		if err != nil {
			return nil, usageError(err)
		}
		out = append(out, t)
	}
	if f.hosts != "" {
		data, err := os.ReadFile(f.hosts)
		if err != nil {
			return nil, usagef("reading the hosts: %w", err)
		}
		listed, err := kvm.ParseHosts(f.hosts, data)
		if err != nil {
			return nil, usageError(err)
		}
		out = append(out, listed...)
	}
	seen := map[kvm.Target]bool{}
	for _, t := range out {
		if seen[t] {
			return nil, usagef("host %q is named twice", t.String())
		}
		seen[t] = true
	}
	if len(out) == 0 {
		return nil, diag.WithHint(usagef("%s: HOST is missing", nameOf(cmd)), "usage: %s", cmd.UseLine())
	}
	return out, nil
}
