package kvm

import (
	"bytes"
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/diag"
)

var (
	//go:embed scripts/steps.sh
	stepsScript string
	//go:embed scripts/start.sh
	startScript string
	//go:embed scripts/follow.sh
	followScript string
)

// Step is a script that installs something on a machine.
type Step struct {
	Name string // its path in the project
	Data []byte
}

// chainedStep is a step with its name on the machine, which says what is in it and
// in those before.
type chainedStep struct {
	Step
	id   string
	todo bool
}

func chain(steps []Step, env []string) []chainedStep {
	sum := SumOf([]byte(strings.Join(env, "\n")))
	var out []chainedStep
	for _, s := range steps {
		sum = SumOf(append([]byte(sum+"\n"), s.Data...))
		out = append(out, chainedStep{Step: s, id: sum[:16]})
	}
	return out
}

// finished are the steps on the machine that came to a good end.
func (c *change) finished() map[string]bool {
	out := map[string]bool{}
	for _, line := range c.look.values["step"] {
		if code, id, ok := strings.Cut(line, " "); ok {
			out[id] = code == "0"
		}
	}
	return out
}

// plan marks the steps that are to run: the first that is not finished, and all
// that follow.
func (j *push) plan(c *change) (acts []Action) {
	finished, all := c.finished(), j.o.Reprovision
	for i := range j.steps {
		s := &j.steps[i]
		all = all || !finished[s.id]
		if s.todo = all; all {
			acts = append(acts, Action{Do: "run", Path: s.Name, SHA256: SumOf(s.Data), Size: int64(len(s.Data))})
		}
	}
	return acts
}

// stale are the records of steps that the project no longer has.
func (j *push) stale(c *change) (drop []string) {
	for id := range c.finished() {
		if !slices.ContainsFunc(j.steps, func(s chainedStep) bool { return s.id == id }) {
			drop = append(drop, "provision/"+id)
		}
	}
	slices.Sort(drop)
	return drop
}

// provision runs the steps that are to run, in their order.
func (j *push) provision(ctx context.Context, c *change, w *Work) error {
	done := 0
	for _, s := range j.steps {
		if !s.todo {
			continue
		}
		c.Note("running %q", s.Name)
		if err := c.runStep(ctx, w, s, j.o.Env); err != nil {
			return diag.WithHint(err, "what scripts have done themselves is not undone: %q will run again, the %d finished before it will not (--reprovision runs all)", s.Name, done)
		}
		done++
	}
	return nil
}

// runStep runs a step on its own feet, and follows it: over a new connection
// where the old one is lost, since the step goes on meanwhile.
func (c *change) runStep(ctx context.Context, w *Work, s chainedStep, env []string) error {
	doing := fmt.Sprintf("running %q", s.Name)
	for {
		out, err := w.script(ctx, doing, stepsScript+startScript, s.Data, append([]string{s.id}, env...)...)
		if err != nil {
			return err
		}
		if out.Text() == "" {
			break
		}
		c.Note("a step of an earlier run is still at work: waiting for its end")
		if _, err := c.follow(ctx, out.Text(), nil); err != nil {
			return c.endStep(ctx, w, err)
		}
	}
	said := &output{c: c}
	status, err := c.follow(ctx, s.id, said)
	said.flush()
	if err != nil {
		return onHost(c.h, doing, c.endStep(ctx, w, err))
	}
	if status == "0" {
		return nil
	}
	return onHost(c.h, doing, stepError(status, said.last))
}

// stepError is why a step is not finished, with the last lines that it printed.
func stepError(status string, last []string) error {
	err := errors.New("it ended without a result: was the machine restarted?")
	if code, e := strconv.Atoi(status); e == nil {
		err = NewExitError(code, "", nil)
	}
	if len(last) > 0 {
		err = fmt.Errorf("%w; it said last:\n  %s", err, strings.Join(last, "\n  "))
	}
	return err
}

// follow passes on what a step prints until it ends, and tells its status. A lost
// connection is taken up again where the output broke off.
func (c *change) follow(ctx context.Context, id string, said *output) (status string, err error) {
	if said == nil {
		said = &output{c: c}
	}
	for lost := 0; ; {
		before := said.n
		out, err := c.h.Run(ctx, Cmd{
			Title: "following a script", Script: stepsScript + followScript, ReadOnly: true,
			Args: []string{id, strconv.FormatInt(said.n, 10)}, Stdout: said,
		})
		told := strings.TrimSpace(string(out.Stderr))
		if at := strings.LastIndex(told, "status="); err == nil && at >= 0 {
			return told[at+len("status="):], nil
		}
		if said.n > before {
			lost = 0
		}
		if lost++; !errors.As(err, new(*LostError)) || lost > 3 {
			return "", errors.Join(err, ctx.Err())
		}
	}
}

// endStep ends the step that runs, where the run itself is at its end.
func (c *change) endStep(ctx context.Context, w *Work, cause error) error {
	if ctx.Err() == nil {
		return cause
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	_, err := w.script(end, "ending the script", "owned\n"+stepsScript+"end_steps\n", nil)
	return errors.Join(cause, err)
}

// output passes on lines as they come, and keeps the last ones.
type output struct {
	c    *change
	n    int64
	part []byte
	last []string
}

// maxLast is how many lines an error has.
const maxLast = 8

func (o *output) Write(b []byte) (int, error) {
	o.n += int64(len(b))
	o.part = append(o.part, b...)
	for {
		line, rest, ok := bytes.Cut(o.part, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		o.part = rest
		o.say(string(line))
	}
}

func (o *output) flush() {
	if len(o.part) > 0 {
		o.say(string(o.part))
		o.part = nil
	}
}

func (o *output) say(line string) {
	line = strings.TrimSuffix(line, "\r")
	o.last = append(o.last, line)
	o.last = o.last[max(0, len(o.last)-maxLast):]
	if o.c.Event != nil {
		o.c.Event(Event{Host: o.c.r.Host, Phase: o.c.phase, Note: line, Output: true})
	}
}
