package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
)

type kvmInstallOptions struct {
	connect *connectFlags
	fleet   *fleetFlags
	format  *formatFlag

	agent     string
	forceInit string
	start     bool
	metadata  string
	logs      string
	rollback  bool
	plan      bool
	applyPlan string
}

const kvmInstallLong = `install-agent puts the agent on KVM instances as the platform expects it: its
files with their owners and modes, and a service that is neither enabled nor
started, since the platform does that. Everything is verified at the end; when a
step fails, the machine is made what it was before. A second run changes nothing.

The platform starts the agent after it has written /etc/confd/confd.toml; for a
test of your own, --metadata HOST:PORT writes one and --start starts the service.

One host's failure does not stop the others. Exit code 3: a host failed.`

func newKVMInstallAgentCmd(d *deps) *cobra.Command {
	o := &kvmInstallOptions{}
	cmd := &cobra.Command{
		Use:   "install-agent HOST…",
		Short: "Install the agent on KVM instances, and verify it",
		Long:  kvmInstallLong,
		Example: `  appimg kvm install-agent root@192.168.0.10
  appimg kvm install-agent --hosts hosts.txt --parallel 16
  appimg kvm install-agent root@192.168.0.10 --plan --format json >plan.json
  appimg kvm install-agent --apply-plan plan.json`,
	}
	f := cmd.Flags()
	f.StringVar(&o.agent, "agent", "builtin", "`SOURCE` of the agent: builtin, official (the platform's own), a bundle's file or URL[#sha256=HEX]")
	f.StringVar(&o.forceInit, "force-init", "", "register the service with this `INIT` system, also on a system that is not known: systemd, sysv, upstart, openrc")
	f.BoolVar(&o.start, "start", false, "start the service (the platform does that on its own)")
	f.StringVar(&o.metadata, "metadata", "", "write /etc/confd/confd.toml for the metadata server at `HOST:PORT` (the platform does that on its own)")
	f.StringVar(&o.logs, "persist-logs", "", "keep the agent's logs in `DIR`, on a volume (/data/app-agent/logs), from the service's start on")
	f.BoolVar(&o.rollback, "rollback-on-failure", true, "when a step fails, make the machine what it was before")
	f.BoolVar(&o.plan, "plan", false, "only tell what would change; nothing is written")
	f.StringVar(&o.applyPlan, "apply-plan", "", "do what this `FILE` (of --plan --format json) says, if the machines still are as planned")
	o.connect, o.fleet = addConnectFlags(cmd), addFleetFlags(cmd)
	o.format = addFormatFlag(cmd, "text", "json")
	completeWords(cmd, "force-init", "systemd", "sysv", "upstart", "openrc")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runKVMInstall(cmd, d, o, args) }
	return cmd
}

func runKVMInstall(cmd *cobra.Command, d *deps, o *kvmInstallOptions, args []string) error {
	install, err := o.options(d)
	if err != nil {
		return err
	}
	if install.Approved != nil && len(args) == 0 && o.fleet.hosts == "" {
		for _, h := range install.Approved.Hosts {
			args = append(args, h.Host)
		}
	}
	targets, err := o.fleet.targets(cmd, args)
	if err != nil {
		return err
	}
	b := newBoard(d)
	c, err := o.connect.connector(d.asker(b.pause), b.progress)
	if err != nil {
		return err
	}
	install.Event = b.event
	reports := kvm.Each(cmd.Context(), targets, o.fleet.parallel, func(ctx context.Context, t kvm.Target) *kvm.Report {
		r := kvm.InstallAgent(ctx, c.dialer, t, install)
		b.finish(r.Host)
		return r
	})
	b.close()
	return errors.Join(d.reportInstall(cmd.Context(), o, reports), c.close())
}

func (o *kvmInstallOptions) options(d *deps) (kvm.InstallOptions, error) {
	out := kvm.InstallOptions{
		Agent: d.kvmAgent(o.agent), Builtin: o.agent == "builtin", ForceInit: agent.Init(o.forceInit),
		Start: o.start, Metadata: o.metadata, PersistLogs: o.logs, Rollback: o.rollback, Plan: o.plan,
	}
	if o.forceInit != "" {
		if _, err := agent.Service(out.ForceInit); err != nil {
			return out, usagef("--force-init: %w", err)
		}
	}
	if o.logs != "" {
		if _, err := agent.PersistLogs(o.logs); err != nil {
			return out, usagef("--persist-logs: %w", err)
		}
	}
	if o.plan && o.applyPlan != "" {
		return out, usagef("--plan and --apply-plan: one of them")
	}
	if o.applyPlan != "" {
		plan, err := kvm.ReadPlan(o.applyPlan)
		if err != nil {
			return out, usageError(err)
		}
		out.Approved = plan
	}
	return out, nil
}

// kvmAgent reads each architecture's agent once, for all hosts.
func (d *deps) kvmAgent(source string) func(context.Context, string) (*kvm.Agent, error) {
	type loaded struct {
		once sync.Once
		a    *kvm.Agent
		err  error
	}
	known := map[string]*loaded{"amd64": {}, "arm64": {}}
	sources := agent.Sources{Note: func(text string) { d.note("%s", text) }}
	get := func(ctx context.Context, arch string) (*kvm.Agent, error) {
		l := known[arch]
		if l == nil {
			return nil, fmt.Errorf("there is no agent for %q", arch)
		}
		l.once.Do(func() {
			b, err := loadKVMAgent(ctx, sources, source, arch)
			if l.err = err; err == nil {
				l.a, l.err = kvm.Ready(b)
			}
		})
		return l.a, l.err
	}
	return get
}

// loadKVMAgent leaves packed what machines unpack.
func loadKVMAgent(ctx context.Context, sources agent.Sources, source, arch string) (agent.Bundle, error) {
	if source == "builtin" {
		return agent.BuiltinPacked(arch)
	}
	return sources.Load(ctx, source, arch)
}

// reportInstall prints what became of the hosts; the error says whether all is well.
func (d *deps) reportInstall(ctx context.Context, o *kvmInstallOptions, reports []*kvm.Report) error {
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
	case o.format.json() && o.plan:
		err = d.printJSON(kvm.PlanOf(reports))
	case o.format.json():
		err = d.printJSON(reports)
	default:
		for _, r := range reports {
			if r.OK {
				d.printInstalled(r, o.plan, len(reports) > 1)
			}
		}
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case failed > 0:
		if len(reports) > 1 {
			d.note("%d of %d hosts failed", failed, len(reports))
		}
		return errUnfinishedReported()
	}
	return nil
}

// printInstalled is the result for one host, on stdout.
func (d *deps) printInstalled(r *kvm.Report, plan, several bool) {
	if !plan {
		what := "changed nothing"
		if r.Changed {
			what = fmt.Sprintf("installed, %d changes", len(r.Changes))
		}
		fmt.Fprintf(d.Out, "%s: %s: %s (%s) in %s\n", r.Host, what, r.Version, r.Facts, r.Took.Round(10*time.Millisecond))
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
	if a.Was == "" {
		return strings.Join(append(words, "(new)"), " ")
	}
	return strings.Join(append(words, "(was "+a.Was+")"), " ")
}
