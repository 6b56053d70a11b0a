package confd

import (
	"context"
	"errors"
	"log/slog"
)

// Applier puts resources in their places on this machine.
type Applier struct {
	ConfDir   string  // holds conf.d and templates
	Prefix    *string // the -prefix flag: replaces the resources' own unless empty; nil is not given
	SyncOnly  bool    // swap without check_cmd and reload_cmd
	Noop      bool    // say what would change, change nothing
	KeepStage bool    // leave staged files
	Log       *slog.Logger
	Machine   Machine // nil is LocalMachine()
	// Run runs a check_cmd or reload_cmd and returns what it printed; nil is RunShell.
	Run func(ctx context.Context, command string) (output []byte, err error)
}

// RunShell runs command by /bin/sh -c in a process group of its own and
// returns the tail of what it printed. It waits for the shell itself only,
// not for what the shell left in the background. When ctx ends it returns at
// once and the command is left alone.
func RunShell(ctx context.Context, command string) ([]byte, error) {
	return nil, errors.New("not yet")
}

// LoadAll reads every resource below ConfDir, in path order. One that cannot
// be read, or has no src, fails all: QingCloud's confd then processes nothing.
// The error joins one error per bad file.
func (a *Applier) LoadAll() ([]*Resource, error) { return nil, errors.New("not yet") }

// EffectivePrefix is where r's keys start: the flag, or else r's own; with one
// leading slash and none at the end ("/" alone is the root).
func (a *Applier) EffectivePrefix(r *Resource) string { return "" }

// ApplyAll applies resources in order. A failure of one does not stop the
// others; the error joins all of them.
func (a *Applier) ApplyAll(ctx context.Context, rs []*Resource, src Source) error {
	return errors.New("not yet")
}

// Apply fetches, renders, checks, swaps and reloads one resource. changed
// tells that dest was replaced (also if the reload failed afterwards).
func (a *Applier) Apply(ctx context.Context, r *Resource, src Source) (changed bool, err error) {
	return false, errors.New("not yet")
}

// The steps of Apply, for callers that need them apart:
// Fetch → Stage → (InSync?) → Check → Swap → Reload.

// Fetch validates r's mode and loads its store.
func (a *Applier) Fetch(ctx context.Context, r *Resource, src Source) (*Store, error) {
	return nil, errors.New("not yet")
}

// Staged is a rendered file beside its destination.
type Staged struct {
	Path   string // the temporary file
	InSync bool   // dest has this content, mode and owner already
}

// Stage renders r into a temporary file beside its destination. The caller
// must Discard it unless it was swapped.
func (a *Applier) Stage(ctx context.Context, r *Resource, s *Store) (*Staged, error) {
	return nil, errors.New("not yet")
}

// Check runs r's check_cmd on the staged file.
func (a *Applier) Check(ctx context.Context, r *Resource, st *Staged) error {
	return errors.New("not yet")
}

// Swap puts the staged file in place of dest.
func (a *Applier) Swap(r *Resource, st *Staged) error { return errors.New("not yet") }

// Reload runs r's reload_cmd.
func (a *Applier) Reload(ctx context.Context, r *Resource) error { return errors.New("not yet") }

// Discard removes a staged file that was not swapped, unless KeepStage.
func (a *Applier) Discard(st *Staged) {}
