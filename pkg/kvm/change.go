package kvm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/appimg/appimg/pkg/diag"
)

// Options say how a machine is changed, whatever the change is for.
type Options struct {
	// Rollback puts everything back when a step fails.
	Rollback bool
	// Plan stops before anything is written.
	Plan bool
	// Approved is a plan for this machine: anything else than what it says is refused.
	Approved *Plan
	// Event hears of every phase; nil is nobody.
	Event func(Event)
}

// job is what a change is for: it decides what a machine is to have, and what
// else has to be done there. Everything that makes a change safe (the plan, the
// lock, the journal, the way back) is the change's own.
type job interface {
	// name is the command's, for the journal and for plans.
	name() string
	// glance says what to look at besides the facts.
	glance() (glance, error)
	// prepare decides from what was found: it sets the change's wants and what
	// is recorded, or refuses the machine.
	prepare(ctx context.Context, c *change) error
	// pending reports whether there is something to do although every file is as
	// it is to be.
	pending(c *change) bool
	// before and after are what is done around putting files in place; nil where
	// there is nothing.
	before(c *change, w *Work) *step
	after(c *change, w *Work) *step
	// judge finds what is not as it should be; that files are, the change sees to.
	judge(c *change, said *inspection) []error
}

// step is work on a machine besides its files.
type step struct {
	phase Phase
	do    func(context.Context) error
}

// record is what the machine keeps about a change.
type record struct {
	list string   // the name of a list of what is installed
	text []byte   // of that list; where it is empty, the list goes
	drop []string // further files and folders of StateDir that go
}

// change is a machine on its way from what it is to what it is to be.
type change struct {
	Options
	Course
	job    job
	d      Dialer
	target Target
	r      *Report

	h      Host
	look   *inspection
	wants  []Want
	acts   []Action // what is done to files
	others []Action // what is done besides
	record record
}

// run makes a machine what a job wants it to be, or leaves it as it was. The
// report is never nil.
func run(ctx context.Context, d Dialer, t Target, o Options, j job) *Report {
	r := &Report{Host: t.String(), Job: j.name()}
	c := &change{Options: o, Course: NewCourse(r, o.Event), job: j, d: d, target: t, r: r}
	c.End(c.all(ctx))
	return r
}

func (c *change) all(ctx context.Context) (err error) {
	c.Enter(PhaseConnect)
	if err := c.Approved.IsFor(c.job.name()); err != nil {
		return fmt.Errorf("reading the plan: %w", err)
	}
	if c.h, err = c.d.Dial(ctx, c.target); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.h.Close()) }()
	if err = c.survey(ctx); err != nil {
		return err
	}
	c.Enter(PhasePreflight)
	if err = c.preflight(ctx); err != nil {
		return fmt.Errorf("%s: %w", c.r.Host, err)
	}
	if c.Plan {
		return c.addDiffs(ctx)
	}
	if len(c.acts)+len(c.others) == 0 && !c.r.Facts.Unfinished && !c.job.pending(c) {
		c.Enter(PhaseVerify) // the facts are a moment old, and have everything
		err = onHost(c.h, verifying, c.judge(c.look))
	} else {
		err = c.work(ctx)
	}
	if err == nil {
		c.Enter(PhaseReport)
	}
	return err
}

// survey asks for the facts and for every file that could be concerned. What
// another command has left unfinished is put back first.
func (c *change) survey(ctx context.Context) error {
	c.Enter(PhaseFacts)
	g, err := c.job.glance()
	if err != nil {
		return err
	}
	if c.r.Facts, c.look, err = survey(ctx, c.h, g); err != nil {
		return err
	}
	other := c.r.Facts.UnfinishedJob
	if !c.r.Facts.Unfinished || other == "" || other == c.job.name() {
		return nil
	}
	if c.Plan {
		return diag.WithHint(fmt.Errorf("%s: an earlier %q did not come to its end", c.r.Host, other), "run it again, or this command without --plan, which puts back what that one changed")
	}
	c.Note("an earlier %q did not come to its end: what it changed is put back first", other)
	w, err := Own(ctx, c.h, c.r.Facts, other)
	if err != nil {
		return err
	}
	if err := w.Rollback(ctx); err != nil {
		return err
	}
	c.r.Facts, c.look, err = survey(ctx, c.h, g)
	return err
}

// preflight decides whether the change can be made, and what is to be done.
func (c *change) preflight(ctx context.Context) (err error) {
	if err = c.fit(c.r.Facts); err != nil {
		return err
	}
	if err = c.job.prepare(ctx, c); err != nil {
		return err
	}
	if c.acts, err = actions(c.wants, c.statesOf(c.wants)); err != nil {
		return fmt.Errorf("planning the change: %w", err)
	}
	c.r.Changes = append(append([]Action{}, c.acts...), c.others...)
	c.r.Changed = len(c.r.Changes) > 0
	if err := c.Approved.Matches(c.r); err != nil {
		return err
	}
	return c.room(c.r.Facts)
}

// work does what is to be done, from the lock to the end.
func (c *change) work(ctx context.Context) error {
	c.Enter(PhaseLock)
	if p, ok := c.h.(interface{ Prepare(context.Context) }); ok && len(c.acts) > 0 {
		go p.Prepare(ctx) // for the upload, meanwhile
	}
	w, err := Own(ctx, c.h, c.r.Facts, c.job.name())
	if err != nil {
		return err
	}
	if err := c.workOwned(ctx, w); err != nil {
		if c.Rollback {
			c.Note("putting back what was changed")
		}
		return w.giveUp(ctx, err, c.Rollback)
	}
	c.Enter(PhaseReport)
	err = w.Commit(ctx, c.record.list, c.record.text, c.record.drop...)
	if status := ExitStatus(err); status > 0 && status != statusTaken { // its disk is full: nothing was dropped yet
		return w.giveUp(ctx, err, c.Rollback)
	}
	return err
}

func (c *change) workOwned(ctx context.Context, w *Work) error {
	c.Enter(PhaseUpload)
	p, err := newPack(c.acts, c.r.Facts.tools["gzip"])
	if err != nil {
		return err
	}
	if err := w.upload(ctx, p); err != nil {
		return err
	}
	if err := c.do(ctx, c.job.before(c, w)); err != nil {
		return err
	}
	c.Enter(PhaseInstall)
	after := c.job.after(c, w)
	if len(c.acts) > 0 && after == nil { // then what is to be verified comes along
		out, err := w.apply(ctx, p, c.acts, pathsOf(c.wants))
		if err != nil {
			return err
		}
		c.Enter(PhaseVerify)
		return onHost(c.h, verifying, c.readBack(out))
	}
	if len(c.acts) > 0 {
		if _, err := w.apply(ctx, p, c.acts, nil); err != nil {
			return err
		}
	}
	if err := c.do(ctx, after); err != nil {
		return err
	}
	c.Enter(PhaseVerify)
	return c.verify(ctx)
}

func (c *change) do(ctx context.Context, s *step) error {
	if s == nil {
		return nil
	}
	c.Enter(s.phase)
	return s.do(ctx)
}

// statesOf are the states of the wants' files, as they were found.
func (c *change) statesOf(wants []Want) []FileState {
	out := make([]FileState, len(wants))
	for i, w := range wants {
		out[i] = c.look.state(w.Path)
	}
	return out
}

// replaces reports whether one of paths is changed, now or by an earlier run
// that did not come to its end.
func (c *change) replaces(paths ...string) bool {
	return c.r.Facts.Unfinished || slices.ContainsFunc(c.acts, func(a Action) bool { return slices.Contains(paths, a.Path) })
}
