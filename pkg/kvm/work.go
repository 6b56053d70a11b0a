package kvm

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/appimg/appimg/pkg/diag"
)

var (
	//go:embed scripts/hold.sh
	holdScript string
	//go:embed scripts/own.sh
	ownScript string
	//go:embed scripts/apply.sh
	applyScript string
	//go:embed scripts/commit.sh
	commitScript string
	//go:embed scripts/rollback.sh
	rollbackScript string
	//go:embed scripts/release.sh
	releaseScript string
)

// StateDir is the folder on a machine where appimg keeps the lists of what it
// installed and, while it is at work, the journal and what it saved.
const StateDir = "/var/lib/appimg"

// Exit statuses of the scripts.
const (
	statusBusy  = 75 // another script runs
	statusTaken = 76 // another run has taken over
	statusOwned = 77 // another run has the machine
)

// Work is a change of a machine in the hands of one run: from Own until Commit
// or Rollback. What was there is saved in a journal on the machine, so that
// either can come from a later run too.
type Work struct {
	h    Host
	f    *Facts
	run  string
	stop func()
	// owned says that the machine is in this run's hands.
	owned bool
}

// RunID names this run for other runs: where it is, and a random part.
func RunID() string {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", strings.ReplaceAll(name, "/", "_"), os.Getpid(), rand.Text()[:12])
}

// RunEnded reports whether owner, a RunID, was a process of this machine that has ended.
func RunEnded(owner string) bool {
	parts := strings.Split(owner, "/")
	name, err := os.Hostname()
	if err != nil || len(parts) != 3 || parts[0] != strings.ReplaceAll(name, "/", "_") {
		return false
	}
	pid, err := strconv.Atoi(parts[1])
	return err == nil && pid != os.Getpid() && !alive(pid)
}

// Own takes the machine into this run's hands. One that another run works on
// is refused, unless that run is known to be dead or was not seen for a minute.
// job is the command's name, for a run that finds this one unfinished.
func Own(ctx context.Context, h Host, f *Facts, job string) (*Work, error) {
	w := &Work{h: h, f: f, run: RunID()}
	take := ""
	if f.Owner != "" && RunEnded(f.Owner) {
		take = f.Owner
	}
	_, err := w.script(ctx, "taking the machine into its hands", ownScript, nil, take, job)
	if err != nil {
		return nil, err
	}
	w.owned = true
	beat, stop := context.WithCancel(context.WithoutCancel(ctx))
	var ended sync.WaitGroup
	ended.Go(func() { w.beat(beat) })
	w.stop = sync.OnceFunc(func() { stop(); ended.Wait() })
	return w, nil
}

// beat lets other runs see that this one lives.
func (w *Work) beat(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(15 * time.Second):
			// A failure here shows in the next step of the work, too.
			_, _ = w.script(ctx, "showing that it is at work", "owned\n", nil)
		}
	}
}

// script runs a script behind hold.sh.
func (w *Work) script(ctx context.Context, doing, script string, stdin []byte, args ...string) (Output, error) {
	c := Cmd{Title: doing, Script: holdScript + script, Args: append([]string{w.run}, args...), Again: true}
	var out Output
	var err error
	for {
		if stdin != nil {
			c.Stdin = bytes.NewReader(stdin)
		}
		out, err = w.h.Run(ctx, c)
		// One whose connection was lost may take long yet, on a slow disk: it is this
		// run's own where the machine is in its hands.
		if ExitStatus(err) != statusBusy || !w.owned || ctx.Err() != nil {
			break
		}
	}
	switch ExitStatus(err) {
	case statusOwned, statusTaken, statusBusy:
		err = diag.WithHint(&saidError{err}, "wait for the other run to end; one that died is forgotten after a minute")
	}
	return out, onHost(w.h, doing, err)
}

// saidError is an ExitError whose status is of no interest: the script's own words
// are what there is to tell.
type saidError struct{ error }

func (e *saidError) Error() string {
	_, said, _ := strings.Cut(e.error.Error(), ": ")
	return said
}

func (e *saidError) Unwrap() error { return e.error }

// upload brings the contents of actions to the machine; whether they arrived
// whole is for apply to find out, which saves a round trip.
func (w *Work) upload(ctx context.Context, p *pack) error {
	if len(p.parts) == 0 {
		return nil
	}
	unchecked := p.content
	unchecked.SHA256 = ""
	return onHost(w.h, "uploading what differs", w.h.Upload(ctx, p.remote(), unchecked))
}

// statusNotWhole is apply.sh's when the pack is not what was sent.
const statusNotWhole = 45

// apply does the actions: everything they touch is saved in the journal first.
// Where paths are given, it reads back how they are then, with what verify.sh tells.
func (w *Work) apply(ctx context.Context, p *pack, acts []Action, paths []string) (Output, error) {
	name := "-"
	if len(p.parts) > 0 {
		name = p.remote()
	}
	script, todo := applyScript, p.lines(acts)
	args, long := pathArgs(paths)
	if long != nil { // they follow the actions
		rest, err := io.ReadAll(long)
		if err != nil {
			return Output{}, err
		}
		args, todo = append(args, strconv.Itoa(len(paths))), append(todo, rest...)
	}
	if len(paths) > 0 {
		script += verifyScript + inspectScript
	}
	do := func() (Output, error) {
		return w.script(ctx, "putting files in place", script, todo, append([]string{name, p.content.SHA256, p.checked()}, args...)...)
	}
	out, err := do()
	if ExitStatus(err) == statusNotWhole { // what an earlier run left was not its beginning
		if err = w.upload(ctx, p); err == nil {
			out, err = do()
		}
	}
	return out, err
}

// Commit ends the work: list (its name, and the text) says what is installed
// now, what was saved is dropped, and so are the further names in StateDir.
func (w *Work) Commit(ctx context.Context, name string, list []byte, drop ...string) error {
	defer w.stop()
	_, err := w.script(ctx, "ending the change", commitScript, list, append([]string{name}, drop...)...)
	return err
}

// Rollback ends the work by putting everything back. It works on after ctx was
// cancelled, as long as a slow disk takes: the connection's end is its only one.
func (w *Work) Rollback(ctx context.Context) error {
	defer w.stop()
	out, err := w.script(context.WithoutCancel(ctx), "putting everything back", stepsScript+serviceScript+rollbackScript, nil, string(w.f.Init), w.f.booted())
	if text := out.Text(); text != "" && err != nil {
		err = fmt.Errorf("%w:\n%s", err, text)
	}
	return err
}

// giveUp ends the work after cause, and says what has become of the machine.
func (w *Work) giveUp(ctx context.Context, cause error, rollback bool) error {
	if !rollback {
		w.stop()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_, err := w.script(end, "letting the machine go", releaseScript, nil)
		return diag.WithHint(errors.Join(cause, err), "the machine was left as it is (--rollback-on-failure=false); run again to go on from there")
	}
	if err := w.Rollback(ctx); err != nil {
		return diag.WithHint(errors.Join(cause, fmt.Errorf("rolling back: %w", err)), "run the same command again: what was saved is still in %s on the machine", StateDir)
	}
	return cause
}
