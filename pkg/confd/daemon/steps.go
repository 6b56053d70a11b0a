package daemon

import (
	"context"
	"log/slog"

	"github.com/appimg/appimg/pkg/confd"
)

// steps applies resources one by one: what is work for the processor only so
// many at a time, commands without limit.
type steps struct {
	check  *confd.Applier // its commands' output is part of the error
	reload *confd.Applier // its commands write to the log themselves
	log    *slog.Logger
	slots  chan struct{}
}

// input is what a resource is rendered from.
type input struct {
	store    func(ctx context.Context) (*confd.Store, error)
	template func() (*confd.Template, error)
}

// outcome is what came of a run.
type outcome struct {
	swapped   bool
	reloaded  bool // reload_cmd was run
	reloadErr error
}

// run renders a resource and puts it in place if it differs. reload tells
// whether reload_cmd follows; reloadAnyway has it run even if the file is as
// it should be.
func (s *steps) run(ctx context.Context, r *confd.Resource, in input, reload, reloadAnyway bool) (out outcome, err error) {
	st, err := s.stage(ctx, r, in)
	if err != nil {
		return out, err
	}
	defer s.check.Discard(st)
	switch {
	case st.InSync:
		s.log.Debug("in sync", "dest", r.Dest)
	case s.check.Noop:
		s.log.Warn("noop: it would be changed", "dest", r.Dest)
		return out, nil
	default:
		if err := s.swap(ctx, r, st); err != nil {
			return out, err
		}
		out.swapped = true
	}
	// From here on nothing stops it: the file is new, and the app must hear of
	// it even if the daemon is about to end.
	if reload && (out.swapped || reloadAnyway) {
		out.reloaded = true
		out.reloadErr = s.reload.Reload(ctx, r)
	}
	return out, nil
}

// stage goes by the order in which QingCloud's confd finds faults: the mode,
// the metadata, the template.
func (s *steps) stage(ctx context.Context, r *confd.Resource, in input) (*confd.Staged, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if _, err := r.FileMode(); err != nil {
		return nil, err
	}
	store, err := in.store(ctx)
	if err != nil {
		return nil, err
	}
	t, err := in.template()
	if err != nil {
		return nil, err
	}
	return s.check.StageTemplate(ctx, r, t, store)
}

func (s *steps) swap(ctx context.Context, r *confd.Resource, st *confd.Staged) error {
	if err := s.check.Check(ctx, r, st); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.check.Swap(r, st)
}
