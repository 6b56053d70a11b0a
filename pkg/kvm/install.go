package kvm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
)

// InstallOptions say what install-agent installs, and how.
type InstallOptions struct {
	// Agent is the agent for an architecture, made ready once for all machines.
	Agent func(ctx context.Context, arch string) (*Agent, error)
	// Builtin says that the bundle's daemon is appimg's own, which needs Linux 3.2.
	Builtin bool
	// ForceInit decides the init system, also of a system that is not known; "" finds it out.
	ForceInit agent.Init
	// Start starts the service at the end; the platform would do that.
	Start bool
	// Metadata is HOST:PORT for a confd.toml of one's own; "" writes none.
	Metadata string
	// PersistLogs is a folder on a volume where the agent's logs are kept from
	// the service's start on; "" leaves them on the system disk.
	PersistLogs string
	// Rollback puts everything back when a step fails.
	Rollback bool
	// Plan stops before anything is written.
	Plan bool
	// Approved is a plan for this machine: anything else than what it says is refused.
	Approved *Plan
	// Event hears of every phase; nil is nobody.
	Event func(Event)
}

// Agent is a bundle that is ready to be sent.
type Agent struct {
	bundle agent.Bundle // packed
	id     string
}

// Ready packs what is large in b.
func Ready(b agent.Bundle) (*Agent, error) {
	packed, err := b.Pack()
	if err != nil {
		return nil, fmt.Errorf("packing the agent %q: %w", b.Source, err)
	}
	return &Agent{packed, packed.ID()}, nil
}

// installation is the state of one machine's installation.
type installation struct {
	o      InstallOptions
	d      Dialer
	target Target
	r      *Report
	phase  Phase
	begun  time.Time

	h     Host
	look  *inspection
	wants []Want
	acts  []Action
	list  []byte // what will be installed, for the machine's own record
}

// InstallAgent makes a machine have the agent as the platform expects it, or
// leaves it as it was. The report is never nil.
func InstallAgent(ctx context.Context, d Dialer, t Target, o InstallOptions) *Report {
	in := &installation{o: o, d: d, target: t, r: &Report{Host: t.String()}}
	begin := time.Now()
	err := in.all(ctx)
	in.enter("")
	in.r.Took = time.Since(begin)
	in.r.OK, in.r.Err = err == nil, err
	if err != nil {
		in.r.Error, in.r.Hints = err.Error(), diag.Hints(err)
	}
	return in.r
}

// enter begins a phase; "" ends the last one.
func (in *installation) enter(p Phase) {
	now := time.Now()
	if p == in.phase {
		return
	}
	if in.phase != "" {
		in.r.Phases = append(in.r.Phases, PhaseTime{in.phase, now.Sub(in.begun)})
	}
	in.phase, in.begun = p, now
	if p != "" && in.o.Event != nil {
		in.o.Event(Event{Host: in.r.Host, Phase: p})
	}
}

func (in *installation) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	in.r.Notes = append(in.r.Notes, text)
	if in.o.Event != nil {
		in.o.Event(Event{Host: in.r.Host, Phase: in.phase, Note: text})
	}
}

func (in *installation) all(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			in.r.Failed = in.phase
		}
	}()
	in.enter(PhaseConnect)
	if in.h, err = in.d.Dial(ctx, in.target); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.h.Close()) }()
	in.enter(PhaseFacts)
	if err = in.survey(ctx); err != nil {
		return err
	}
	in.enter(PhasePreflight)
	if err = in.preflight(ctx); err != nil {
		return fmt.Errorf("%s: %w", in.r.Host, err)
	}
	if in.o.Plan {
		return in.addDiffs(ctx)
	}
	if len(in.acts) == 0 && !in.r.Facts.Journal && !in.o.Start {
		in.enter(PhaseVerify) // the facts are a moment old, and have everything
		err = onHost(in.h, verifying, in.judge(in.look))
	} else {
		err = in.change(ctx)
	}
	if err == nil {
		in.enter(PhaseReport)
	}
	return err
}

// survey asks for the facts and for every file that could be concerned: which
// ones are depends on the init system, so the files of all are looked at.
func (in *installation) survey(ctx context.Context) error {
	var all []agent.File
	for _, i := range []agent.Init{agent.Systemd, agent.SysV, agent.Upstart, agent.OpenRC} {
		files, err := agent.Service(i)
		if err != nil {
			return err
		}
		all = append(all, files...)
	}
	paths := Paths(withParents(append(wantsOf(agent.New("", "", nil).Files()), wantsOf(append(all, agent.Logrotate(), agent.Config(agent.ConfigOptions{})))...)))
	paths = append(paths, upstartOverride, agent.Home+"/bin/persist-logs")
	facts, look, err := survey(ctx, in.h, unique(paths)...)
	if err != nil {
		return err
	}
	in.r.Facts, in.look = facts, look
	if in.o.ForceInit != "" && facts.Init != in.o.ForceInit {
		facts.Init, facts.Booted = in.o.ForceInit, false
	}
	return nil
}

func unique(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// change does what is to be done, from the lock to the end.
func (in *installation) change(ctx context.Context) error {
	in.enter(PhaseLock)
	if p, ok := in.h.(interface{ Prepare(context.Context) }); ok && len(in.acts) > 0 {
		go p.Prepare(ctx) // for the upload, meanwhile
	}
	w, err := Own(ctx, in.h, in.r.Facts)
	if err != nil {
		return err
	}
	if err := in.changeOwned(ctx, w); err != nil {
		return w.giveUp(ctx, err, in.o.Rollback)
	}
	in.enter(PhaseReport)
	return w.Commit(ctx, "agent", in.list)
}

func (in *installation) changeOwned(ctx context.Context, w *Work) error {
	in.enter(PhaseUpload)
	p, err := newPack(in.acts, in.r.Facts.tools["gzip"])
	if err != nil {
		return err
	}
	if err := w.upload(ctx, p); err != nil {
		return err
	}
	in.enter(PhaseInstall)
	service := in.serviceAction(w)
	if len(in.acts) > 0 && service == nil { // then what is to be verified comes along
		out, err := w.apply(ctx, p, in.acts, verifyScript+inspectScript, Paths(in.wants)...)
		if err != nil {
			return err
		}
		in.enter(PhaseVerify)
		return onHost(in.h, verifying, in.readBack(out))
	}
	if len(in.acts) > 0 {
		if _, err := w.apply(ctx, p, in.acts, ""); err != nil {
			return err
		}
	}
	if service != nil {
		in.enter(PhaseConfigure)
		if err := service(ctx); err != nil {
			return err
		}
	}
	in.enter(PhaseVerify)
	return in.verify(ctx)
}

// listing is the files that are installed, with the sums of what they were
// given, for a later uninstall-agent. What was made besides, the journal knows.
func (in *installation) listing() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", in.r.Agent)
	for _, w := range in.wants {
		if w.Mode.IsRegular() && !w.Keep {
			sum, _ := w.content()
			fmt.Fprintf(&b, "file %s %s\n", sum, w.Path)
		}
	}
	return []byte(b.String())
}
