package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
)

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
	b := newBoard(d)
	c, err := f.connect.connector(d.asker(b.pause), b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	defer b.close()
	event := func(ev kvm.Event) {
		c.logEvent(ev)
		b.event(ev)
	}
	return kvm.Each(cmd.Context(), targets, f.fleet.parallel, func(ctx context.Context, t kvm.Target) outcome[T] {
		begin := time.Now()
		o := outcome[T]{host: t.String()}
		event(kvm.Event{Host: o.host, Phase: kvm.PhaseConnect})
		h, err := c.dialer.Dial(ctx, t)
		if err == nil {
			event(kvm.Event{Host: o.host, Phase: kvm.Phase(doing)})
			o.report, o.err = do(ctx, h)
			_ = h.Close() // of no interest once the work is done
		} else {
			o.err = err
		}
		c.logEnd(o.host, nil, o.err)
		b.finish(o.host)
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
		if len(all) > 1 {
			d.note("%d of %d hosts failed", failed, len(all))
		}
		return errUnfinishedReported()
	case bad:
		return errDefectReported()
	}
	return nil
}
