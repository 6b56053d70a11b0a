package confd

import (
	"context"
	"errors"
	"log/slog"
	"strconv"

	"github.com/appimg/appimg/pkg/diag"
)

// Applier puts resources in their places on this machine. It holds settings
// only: one may be used by many goroutines, for different resources.
type Applier struct {
	ConfDir   string  // holds conf.d and templates
	Prefix    *string // the -prefix flag: replaces the resources' own unless empty; nil is not given
	SyncOnly  bool    // swap without check_cmd and reload_cmd
	Noop      bool    // render, but change nothing
	KeepStage bool    // leave staged files
	Log       *slog.Logger
	Machine   Machine // nil is LocalMachine()
	Memo      *Memo   // shared by those who fetch for many nodes; nil remembers nothing
	// Run runs a check_cmd or reload_cmd and returns what it printed; nil is
	// RunShell. The error of a command that ran and failed should be an
	// *exec.ExitError.
	Run func(ctx context.Context, command string) (output []byte, err error)
}

func (a *Applier) log() *slog.Logger {
	if a.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return a.Log
}

// EffectivePrefix is where r's keys start: the flag, or else r's own; with one
// leading slash and none at the end ("/" alone is the root).
func (a *Applier) EffectivePrefix(r *Resource) string {
	if a.Prefix != nil && *a.Prefix != "" {
		return cleanPrefix(*a.Prefix)
	}
	return cleanPrefix(r.Prefix)
}

// ApplyAll applies resources in order. A failure of one does not stop the
// others; the error joins all of them. It stops early only with ctx.
func (a *Applier) ApplyAll(ctx context.Context, rs []*Resource, src Source) error {
	var faults []error
	for _, r := range rs {
		if ctx.Err() != nil {
			return errors.Join(append(faults, context.Cause(ctx))...)
		}
		if _, err := a.Apply(ctx, r, src); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// Apply fetches, renders, checks, swaps and reloads one resource. changed
// tells that dest was replaced, also if the reload failed afterwards.
func (a *Applier) Apply(ctx context.Context, r *Resource, src Source) (changed bool, err error) {
	s, err := a.Fetch(ctx, r, src)
	if err != nil {
		return false, err
	}
	st, err := a.Stage(ctx, r, s)
	if err != nil {
		return false, err
	}
	defer a.Discard(st)
	if st.InSync || a.Noop {
		a.logUnchanged(r, st)
		return false, nil
	}
	if err := a.Check(ctx, r, st); err != nil {
		return false, err
	}
	if err := a.Swap(r, st); err != nil {
		return false, err
	}
	return true, a.Reload(ctx, r)
}

func (a *Applier) logUnchanged(r *Resource, st *Staged) {
	if st.InSync {
		a.log().Debug("in sync", "dest", r.Dest)
		return
	}
	a.log().Warn("noop: would be changed", "dest", r.Dest)
}

// failing says for which resource and in which step something failed.
func (r *Resource) failing(step string, err error) error {
	if err == nil {
		return nil
	}
	return &diag.Error{Op: step + " " + strconv.Quote(r.Dest), Err: err}
}

// The steps of Apply, for callers that need them apart:
// Fetch, Stage, and unless InSync or Noop Check, Swap, Reload; then Discard.

// Fetch checks r's mode and loads its store: in this order, which tells which
// of two faults is reported.
func (a *Applier) Fetch(ctx context.Context, r *Resource, src Source) (*Store, error) {
	if _, err := r.FileMode(); err != nil {
		return nil, err
	}
	s, err := a.Memo.LoadStore(ctx, src, a.EffectivePrefix(r), r.Keys)
	return s, r.failing("fetching metadata for", err)
}
