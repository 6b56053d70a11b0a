package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

// changeFlags are those of every command that changes machines.
type changeFlags struct {
	*hostFlags
	rollback  bool
	plan      bool
	applyPlan string
}

func addChangeFlags(cmd *cobra.Command) *changeFlags {
	c := &changeFlags{}
	f := cmd.Flags()
	f.BoolVar(&c.rollback, "rollback-on-failure", true, "when a step fails, make the machine what it was before")
	f.BoolVar(&c.plan, "plan", false, "only tell what would change; nothing is written")
	f.StringVar(&c.applyPlan, "apply-plan", "", "do what this `FILE` (of --plan --format json) says, if the machines still are as planned")
	c.hostFlags = addHostFlags(cmd)
	return c
}

// approved is the plan of --apply-plan, which has to be one of cmd's; nil without.
func (f *changeFlags) approved(cmd *cobra.Command) (*kvm.Plan, error) {
	switch {
	case f.plan && f.applyPlan != "":
		return nil, usagef("--plan and --apply-plan: one of them")
	case f.applyPlan == "":
		return nil, nil
	}
	plan, err := kvm.ReadPlan(f.applyPlan, cmd.Name())
	return plan, usageError(err)
}

// run changes the machines of args, of --hosts, or else of the plan, and
// reports what became of them.
func (f *changeFlags) run(cmd *cobra.Command, d *deps, args []string, do func(context.Context, *ssh.Dialer, kvm.Target, kvm.Options) *kvm.Report) error {
	approved, err := f.approved(cmd)
	if err != nil {
		return err
	}
	if approved != nil && len(args) == 0 && f.fleet.hosts == "" {
		for _, h := range approved.Hosts {
			args = append(args, h.Host)
		}
	}
	targets, err := f.fleet.targets(cmd, args)
	if err != nil {
		return err
	}
	s, err := f.connect.open(d)
	if err != nil {
		return err
	}
	common := kvm.Options{Rollback: f.rollback, Plan: f.plan, Approved: approved, Event: s.event}
	reports := kvm.Each(cmd.Context(), targets, f.fleet.parallel, func(ctx context.Context, t kvm.Target) *kvm.Report {
		r := do(ctx, s.dialer, t, common)
		s.end(r.Host, r.Changes, r.Err)
		return r
	})
	err = s.close()
	return errors.Join(f.report(cmd.Context(), d, reports), err)
}

// done is what a command has done, in a word.
func done(job string) string {
	switch job {
	case "push":
		return "pushed"
	case "uninstall-agent":
		return "uninstalled"
	}
	return "installed"
}

// report prints what became of the hosts; the error says whether all is well.
func (f *changeFlags) report(ctx context.Context, d *deps, reports []*kvm.Report) error {
	failed := 0
	for _, r := range reports {
		if !r.OK {
			failed++
			if !errors.Is(r.Err, context.Canceled) {
				d.report(r.Err)
			}
		}
	}
	var err error
	switch {
	case f.format.json() && f.plan:
		err = d.printJSON(kvm.PlanOf(reports))
	case f.format.json():
		err = d.printJSON(reports)
	default:
		for _, r := range reports {
			if r.OK {
				d.printChanged(r, f.plan, len(reports) > 1)
			}
		}
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case failed > 0:
		return d.hostsFailed(failed, len(reports))
	}
	return nil
}

// printChanged is the result for one host, on stdout.
func (d *deps) printChanged(r *kvm.Report, plan, several bool) {
	if !plan {
		what := "changed nothing"
		if r.Changed {
			what = fmt.Sprintf("%s, %d changes", done(r.Job), len(r.Changes))
		}
		if r.Version != "" {
			what += ": " + r.Version
		}
		fmt.Fprintf(d.Out, "%s: %s (%s) in %s\n", r.Host, what, r.Facts, r.Took.Round(10*time.Millisecond))
		return
	}
	if several {
		fmt.Fprintf(d.Out, "==> %s <==\n", r.Host)
	}
	if len(r.Changes) == 0 {
		fmt.Fprintln(d.Out, "nothing would change")
	}
	for _, a := range r.Changes {
		fmt.Fprintln(d.Out, actionText(a))
		if a.Diff != "" {
			fmt.Fprint(d.Out, a.Diff)
		}
	}
}

// actionText is one line of a plan.
func actionText(a kvm.Action) string {
	words := []string{a.Do, a.Path}
	if a.Mode != "" {
		words = append(words, a.Mode, a.Owner)
	}
	if a.Do == "write" {
		words = append(words, bytesText(a.Size))
	}
	if a.Link != "" {
		words = append(words, "to "+a.Link)
	}
	if a.Was == "" && (a.Do == "run" || a.Do == "stop") {
		return strings.Join(words, " ")
	}
	if a.Was == "" {
		return strings.Join(append(words, "(new)"), " ")
	}
	return strings.Join(append(words, "(was "+a.Was+")"), " ")
}
