package kvm

import (
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
)

//go:embed scripts/pristine.sh
var pristineScript string

// PushOptions say what push puts on a machine, and how.
type PushOptions struct {
	Options
	// Title names what is pushed, for the machine's own record.
	Title string
	// Wants are the files, folders and links.
	Wants []Want
	// Steps are the scripts that install the app, in their order.
	Steps []Step
	// Env is what the steps get as NAME=VALUE.
	Env []string
	// Reprovision runs every step, also those that are finished.
	Reprovision bool
	// Force overwrites files that were edited on the machine, and files that
	// appimg has not put there.
	Force bool
}

// Push makes a machine have the files of a project and the effects of its
// scripts. The files are put back when something fails. The report is never nil.
func Push(ctx context.Context, d Dialer, t Target, o PushOptions) *Report {
	return run(ctx, d, t, o.Options, newPush(o))
}

// push is the job of push.
type push struct {
	o     PushOptions
	wants []Want // with the folders above
	steps []chainedStep
}

func newPush(o PushOptions) *push {
	return &push{o: o, wants: withParents(o.Wants), steps: chain(o.Steps, o.Env)}
}

func (j *push) name() string { return "push" }

func (j *push) glance() (glance, error) {
	return glance{paths: pathsOf(j.wants), lists: []string{agentList, pushList}}, nil
}

// prepare finds out what differs, what is to go, and which scripts are to run.
func (j *push) prepare(ctx context.Context, c *change) error {
	if c.r.Facts.Agent == "" {
		c.Note("there is no agent on the machine: appimg kvm install-agent %s puts it there", c.r.Host)
	}
	known := c.list(pushList)
	refused, err := j.inTheWay(ctx, c, known)
	if err != nil {
		return err
	}
	old := maps.Clone(known)
	for _, w := range j.wants {
		if !c.look.state(w.Path).Mode.IsDir() || w.Mode.IsDir() {
			delete(old, w.Path)
		}
	}
	gone := c.remove(old, j.o.Force)
	if !j.o.Force {
		for _, p := range gone.edited {
			refused = append(refused, fmt.Sprintf("%s (edited since the last push; the project no longer has it)", p))
		}
		if len(refused) > 0 {
			return diag.WithHint(fmt.Errorf("pushing would lose what is on the machine:\n  %s", strings.Join(refused, "\n  ")),
				"appimg kvm pull %s takes edited pairs back into the project; --force overwrites all of these", c.r.Host)
		}
	}
	if stay := j.turn(c, known, gone); len(stay) > 0 {
		return diag.WithHint(fmt.Errorf("the project has a file where the machine has a folder, with what appimg has not put there:\n  %s", strings.Join(stay, "\n  ")),
			"move the folder away on the machine, or the file in the project")
	}
	c.wants = slices.Concat(j.wants, gone.wants())
	slices.SortStableFunc(c.wants, func(a, b Want) int { return strings.Compare(a.Path, b.Path) })
	c.others = j.plan(c)
	c.record = record{list: pushList, text: listing(j.o.Title, j.wants), drop: j.stale(c)}
	return nil
}

// turn lets what is wanted take the place of what is of another kind: of folders
// that go, and of files (inTheWay has refused those that must not get lost). It
// tells which folders stay.
func (j *push) turn(c *change, known map[string]listed, gone *removal) (stay []string) {
	folders := map[string]bool{} // that the last push had
	for p := range known {
		folders[path.Dir(p)] = true
	}
	for i := range j.wants {
		w := &j.wants[i]
		s := c.look.state(w.Path)
		switch _, pushed := known[w.Path]; {
		case s.Mode&fs.ModeSymlink != 0 && w.Mode.IsDir():
			w.Instead = pushed && !folders[w.Path]
		case !s.inTheWayOf(*w):
		case w.Mode.IsDir() || gone.gone[w.Path]:
			w.Instead = true
			delete(gone.gone, w.Path)
		default:
			stay = append(stay, w.Path)
		}
	}
	return stay
}

// inTheWay tells which files on the machine are neither the project's nor as the
// last push has left them. A file that is just as its package brought it is
// nobody's work, and not in the way.
func (j *push) inTheWay(ctx context.Context, c *change, known map[string]listed) (refused []string, err error) {
	agents := c.list(agentList)
	var foreign []string
	for _, w := range j.wants {
		s := c.look.state(w.Path)
		if j.o.Force || !s.Exists || s.Mode.IsDir() {
			continue
		}
		l, pushed := known[w.Path]
		_, isAgents := agents[w.Path]
		stays := w.Keep && !s.inTheWayOf(w)
		asWanted := !w.Mode.IsDir() && sumOfState(s) == w.sum()
		asPushed := pushed && l.kind != "made" && l.owns(s)
		switch {
		case stays || asWanted || asPushed:
		case pushed:
			refused = append(refused, w.Path+" (edited since the last push)")
		case isAgents:
			refused = append(refused, w.Path+" (the agent's own)")
		default:
			foreign = append(foreign, w.Path)
		}
	}
	if len(foreign) == 0 {
		return refused, nil
	}
	pristine, err := pristine(ctx, c.h, foreign)
	for _, p := range foreign {
		if !pristine[p] {
			refused = append(refused, p+" (not put there by appimg)")
		}
	}
	return refused, err
}

// sum is what lists keep of w.
func (w Want) sum() string {
	if w.Link != "" {
		return SumOf([]byte(w.Link))
	}
	sum, _ := w.content()
	return sum
}

// pristine tells which files are as a package of the system has them.
func pristine(ctx context.Context, h Host, paths []string) (map[string]bool, error) {
	const doing = "asking which files are of packages"
	out, err := h.Run(ctx, askAbout(paths, doing, pristineScript))
	if err != nil {
		return nil, onHost(h, doing, err)
	}
	is := map[string]bool{}
	for _, p := range strings.Split(string(out.Stdout), "\n") {
		is[p] = true
	}
	return is, nil
}

// pending: the machine's record is not what it should be.
func (j *push) pending(c *change) bool {
	var now, then []string
	for _, l := range strings.Split(strings.TrimSpace(string(c.record.text)), "\n") {
		if !strings.HasPrefix(l, "#") {
			now = append(now, l)
		}
	}
	for _, l := range c.look.values["list."+pushList] {
		if !strings.HasPrefix(l, "#") && !strings.HasPrefix(l, "made ") {
			then = append(then, l)
		}
	}
	slices.Sort(now)
	slices.Sort(then)
	return !slices.Equal(now, then)
}

func (j *push) before(*change, *Work) *step { return nil }

// after runs the scripts, and tells a running daemon of changed pairs.
func (j *push) after(c *change, w *Work) *step {
	changed := slices.ContainsFunc(c.acts, func(a Action) bool { return strings.HasPrefix(a.Path, agent.ConfDir+"/") })
	var restart *step
	if c.r.Facts.Running && (changed || c.r.Facts.Unfinished) {
		c.Note("its pairs changed: the agent is restarted, as \"service confd restart\" does")
		restart = c.tellService(w, "restart", "restart")
	}
	if len(c.others) == 0 {
		return restart
	}
	return &step{PhaseProvision, func(ctx context.Context) error {
		if err := j.provision(ctx, c, w); err != nil {
			return err
		}
		if err := c.putBack(ctx, w); err != nil {
			return err
		}
		return c.do(ctx, restart)
	}}
}

// putBack makes those files the project's again that the scripts have replaced: a
// package that brings its own, for instance. What the project no longer has, a
// script may have made anew.
func (c *change) putBack(ctx context.Context, w *Work) error {
	c.wants = slices.DeleteFunc(c.wants, func(w Want) bool { return w.Gone })
	out, err := c.readAll(ctx)
	if err != nil {
		return onHost(c.h, verifying, err)
	}
	if c.look, err = parseSaid(out.Stdout, pathsOf(c.wants)); err != nil {
		return err
	}
	acts, err := actions(c.wants, c.statesOf(c.wants))
	if err != nil || len(acts) == 0 {
		return err
	}
	c.Note("the scripts changed %d of the project's files, which are put in place again", len(acts))
	p, err := newPack(acts, c.r.Facts.tools["gzip"])
	if err != nil {
		return err
	}
	if err := w.upload(ctx, p); err != nil {
		return err
	}
	_, err = w.apply(ctx, p, acts, nil)
	return err
}

// judge wants every pair of the project to load.
func (j *push) judge(c *change, said *inspection) []error {
	ours := map[string]bool{}
	for _, w := range j.wants {
		ours[w.Path] = true
	}
	for _, why := range said.values["fault"] {
		c.Note("%s", why)
	}
	_, faults := c.loadPairs(said.pairs, func(name string) bool { return ours[name] })
	if len(faults) > 0 {
		faults = append([]error{errors.New("a pair does not load on the machine")}, faults...)
	}
	return faults
}
