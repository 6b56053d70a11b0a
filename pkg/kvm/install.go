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
	bundle agent.Bundle
	id     string
	packed []byte // the daemon, in gzip's format
}

// Ready packs what is large in b.
func Ready(b agent.Bundle) (*Agent, error) {
	packed, err := gzipped(b.Confd())
	if err != nil {
		return nil, fmt.Errorf("packing the agent %q: %w", b.Source, err)
	}
	return &Agent{b, b.ID(), packed}, nil
}

// Phase is a step of the work on a machine.
type Phase string

// The phases, in their order.
const (
	PhaseConnect   Phase = "connect"
	PhaseFacts     Phase = "facts"
	PhasePreflight Phase = "preflight"
	PhaseLock      Phase = "lock"
	PhaseUpload    Phase = "upload"
	PhaseInstall   Phase = "install"
	PhaseConfigure Phase = "configure"
	PhaseVerify    Phase = "verify"
	PhaseReport    Phase = "report"
)

// Event says that a phase of a machine begins, or what is to be told in it.
type Event struct {
	Host  string
	Phase Phase
	Note  string // "" where the phase begins
}

// Report is what became of one machine.
type Report struct {
	Host    string        `json:"host"`
	OK      bool          `json:"ok"`
	Changed bool          `json:"changed"`
	Facts   *Facts        `json:"facts,omitempty"`
	Agent   string        `json:"agent,omitempty"`   // which bundle
	Version string        `json:"version,omitempty"` // what the installed daemon says
	Changes []Action      `json:"changes"`
	Notes   []string      `json:"notes,omitempty"`
	Phases  []PhaseTime   `json:"phases"`
	Failed  Phase         `json:"failed,omitempty"`
	Error   string        `json:"error,omitempty"`
	Hints   []string      `json:"hints,omitempty"`
	Took    time.Duration `json:"took_ns"`

	Err error `json:"-"`
}

// PhaseTime is how long a phase took.
type PhaseTime struct {
	Phase Phase         `json:"phase"`
	Took  time.Duration `json:"took_ns"`
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

// upstartOverride keeps upstart from starting the job at boot.
const upstartOverride = "/etc/init/confd.override"

// preflight decides whether the agent can be installed, and what is to be done.
func (in *installation) preflight(ctx context.Context) error {
	f := in.r.Facts
	if err := in.suitable(f); err != nil {
		return err
	}
	ready, err := in.o.Agent(ctx, f.Arch)
	if err != nil {
		return err
	}
	in.r.Agent = ready.id
	service, err := agent.Service(f.Init)
	if err != nil {
		return err
	}
	files := append(append(ready.bundle.Files(), service...), agent.Logrotate())
	if in.o.Metadata != "" {
		files = append(files, agent.Config(agent.ConfigOptions{Node: in.o.Metadata}))
	}
	if in.o.PersistLogs != "" {
		script, err := agent.PersistLogs(in.o.PersistLogs)
		if err != nil {
			return err
		}
		files = append(files, script)
	}
	wants := wantsOf(files)
	for i := range wants {
		if wants[i].Path == agent.Entrypoint {
			wants[i].Packed = ready.packed
		}
	}
	if f.Init == agent.Upstart {
		wants = append(wants, Want{Path: upstartOverride, Mode: 0o644, Data: []byte("manual\n")})
	}
	in.wants = withParents(wants)
	if in.acts, err = actions(in.wants, in.statesOf(in.wants)); err != nil {
		return fmt.Errorf("planning the installation: %w", err)
	}
	in.list = in.listing()
	in.r.Changes, in.r.Changed = in.acts, len(in.acts) > 0
	if in.o.Approved != nil {
		if err := in.o.Approved.matches(in.r.Host, in.acts); err != nil {
			return err
		}
	}
	return in.room(f)
}

// statesOf are the states of the wants' files, as they were found.
func (in *installation) statesOf(wants []Want) []FileState {
	byPath := map[string]FileState{}
	for _, s := range in.look.files {
		byPath[s.Path] = s
	}
	out := make([]FileState, len(wants))
	for i, w := range wants {
		out[i] = byPath[w.Path]
		out[i].Path = w.Path
	}
	return out
}

// suitable refuses machines on which the agent could not work.
func (in *installation) suitable(f *Facts) error {
	const officialHint = "--agent official installs the platform's own daemon"
	switch {
	case f.System != "Linux":
		return fmt.Errorf("it runs %q, and the agent is for Linux", f.System)
	case in.o.ForceInit == "" && !f.Known():
		return diag.WithHint(fmt.Errorf("installing on %s: this system is not known", f), "--force-init systemd, sysv or upstart decides how the service is registered")
	case f.Init == "":
		return diag.WithHint(fmt.Errorf("installing on %s: no init system was found", f), "--force-init systemd, sysv or upstart decides")
	case in.o.Builtin && !runsGo(f.Kernel):
		return diag.WithHint(fmt.Errorf("installing on %s: the built-in daemon needs Linux 3.2, and this is %s", f, f.Kernel), officialHint)
	}
	for _, t := range []string{"awk", "sha256sum", "stat"} {
		if !f.tools[t] {
			return diag.WithHint(fmt.Errorf("the machine has no %q", t), "install it first: coreutils and awk are needed")
		}
	}
	if len(f.readOnly) > 0 {
		return fmt.Errorf("%s cannot be written (a read-only file system, or not root)", strings.Join(f.readOnly, ", "))
	}
	in.remark(f)
	return nil
}

// remark tells what is worth knowing and stops nothing.
func (in *installation) remark(f *Facts) {
	if !f.Tested {
		in.note("%s is not on the platform's list of tested systems", f.Name)
	}
	if f.Skew.Abs() > time.Minute {
		in.note("the machine's clock is off by %s", f.Skew)
	}
	if !f.tools["bash"] {
		in.note("the machine has no bash: the platform's commands are written for it")
	}
	if f.Enabled {
		in.note("the service starts at boot: the platform starts it itself (kvm seal turns that off)")
	}
	if f.Journal {
		in.note("an earlier run did not come to its end: going on from there")
	}
}

// room refuses machines whose disk would fill up: the upload, its unpacked
// form, the new files, and copies of the old ones.
func (in *installation) room(f *Facts) error {
	const spare = 16 << 20
	var sum int64
	for _, a := range in.acts {
		sum += a.Size
	}
	for _, n := range []struct {
		dir  string
		need int64
	}{{agent.Home, sum + spare}, {StateDir, 3*sum + spare}} {
		if free := f.Free(n.dir); len(in.acts) > 0 && free >= 0 && free < n.need {
			return diag.WithHint(fmt.Errorf("the disk of %q has %d MB free, and %d MB are needed", n.dir, free>>20, n.need>>20), "make room there first")
		}
	}
	return nil
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
			fmt.Fprintf(&b, "file %s %s\n", SumOf(w.Data), w.Path)
		}
	}
	return []byte(b.String())
}
