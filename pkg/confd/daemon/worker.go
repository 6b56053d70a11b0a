package daemon

import (
	"context"
	"errors"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// place is what outlives the worker of a resource when SIGHUP replaces it.
type place struct {
	busy         chan struct{} // holds one token while a run is under way: never two at once
	reloadFailed bool
}

func newPlace() *place { return &place{busy: make(chan struct{}, 1)} }

// worker keeps one resource as its view is.
type worker struct {
	res   *confd.Resource
	apply *steps
	feed  *feed
	place *place
	log   *slog.Logger

	wake  chan struct{} // capacity 1: there is a new snapshot
	tick  chan struct{} // capacity 1: time to look after the file
	retry backoff
	said  string // the fault that was said last

	seen    *snapshot // the last one that was looked at
	view    view      // what was applied last
	clean   bool      // the last run succeeded
	tmpl    stamp     // the template's file when it was parsed
	parsed  *confd.Template
	patrol  patrol
	pending <-chan time.Time
}

func newWorker(r *confd.Resource, s *steps, f *feed, p *place, log *slog.Logger) *worker {
	w := &worker{res: r, apply: s, feed: f, place: p, log: log, wake: make(chan struct{}, 1), tick: make(chan struct{}, 1)}
	w.retry = backoff{first: time.Second, most: time.Minute}
	f.subscribe(w.wake)
	return w
}

// run works until stop closes. ctx is the daemon's: a run that began goes on
// when stop closes, and only ends early with ctx.
func (w *worker) run(ctx context.Context, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-w.wake:
			w.once(ctx, stop, false)
		case <-w.pending:
			w.once(ctx, stop, true)
		case <-w.tick:
			w.once(ctx, stop, false)
		}
	}
}

// once looks at the latest snapshot and applies it if there is reason to. It
// waits for a run of the same resource that an earlier worker began.
func (w *worker) once(ctx context.Context, stop <-chan struct{}, again bool) {
	select {
	case w.place.busy <- struct{}{}:
		defer func() { <-w.place.busy }()
	case <-stop:
		return
	}
	snap := w.feed.latest.Load()
	if snap == nil {
		return
	}
	v, err := w.look(ctx, snap)
	if err == nil {
		why := w.due(snap, v, again)
		if why == none {
			return
		}
		err = w.do(ctx, snap, v, why)
	}
	w.pending = nil
	w.settle(ctx, err)
}

// cause is why a run is due.
type cause int

const (
	none    cause = iota
	changed       // the view, the template or the file is not what it was, or the last run failed
	missing       // the file is gone, and nothing else has changed
)

// due tells whether a run is due; again, that it is time to try once more.
func (w *worker) due(snap *snapshot, v view, again bool) cause {
	news := snap != w.seen
	w.seen = snap
	switch {
	case (news || again) && (!w.clean || !w.view.equal(v) || w.tmpl != w.templateStamp()):
		return changed
	case news && w.patrol.touched(w.res.Dest):
		return changed
	case w.clean && w.patrol.lost(w.res.Dest):
		return missing
	}
	return none
}

// look reads the view from a snapshot.
func (w *worker) look(ctx context.Context, snap *snapshot) (view, error) {
	v := make(view, len(w.res.Keys))
	for i, k := range w.res.Keys {
		var err error
		if v[i], err = snap.Get(ctx, path.Join(snap.prefix, k)); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// template parses the template, unless its file is what it was.
func (w *worker) template() (*confd.Template, error) {
	now := w.templateStamp()
	if w.parsed != nil && w.tmpl == now {
		return w.parsed, nil
	}
	var err error
	w.parsed, err = w.apply.check.Template(w.res)
	w.tmpl = now
	return w.parsed, err
}

func (w *worker) templateStamp() stamp { return stampOf(w.apply.check.TemplatePath(w.res)) }

// do applies a snapshot, and remembers what was applied.
func (w *worker) do(ctx context.Context, snap *snapshot, v view, why cause) error {
	reloadAnyway := why == changed && w.place.reloadFailed && !w.view.equal(v) && !isCommand(w.res)
	in := input{
		store:    func(ctx context.Context) (*confd.Store, error) { return snap.store(ctx, w.res.Keys) },
		template: w.template,
	}
	out, err := w.apply.run(ctx, w.res, in, why == changed, reloadAnyway)
	if out.reloaded {
		w.place.reloadFailed = out.reloadErr != nil
	}
	switch {
	case out.reloadErr != nil && ctx.Err() != nil:
		w.log.Info("reload_cmd still runs and is left alone", "resource", w.res.File)
	case out.reloadErr != nil:
		w.log.Error(withHints(out.reloadErr), "resource", w.res.File)
	}
	if err == nil {
		w.view = v
		w.patrol.left(w.res.Dest, why == missing)
	}
	w.clean = err == nil || why == missing
	return err
}

// isCommand tells whether a resource is the agent's cmd.info, whose reload_cmd
// is a command of the scheduler. One that failed must not run again unless the
// scheduler sends it again.
func isCommand(r *confd.Resource) bool {
	dest := strings.ReplaceAll(r.Dest, `\`, "/")
	return path.Base(dest) == "cmd.info"
}

// settle says what went wrong, once, and arranges for another try where one
// may help without a change of the metadata.
func (w *worker) settle(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
		return
	case err == nil:
		w.said = ""
		w.retry.reset()
		return
	}
	var te *confd.TemplateError
	fault := err.Error()
	if !errors.As(err, &te) {
		w.pending = time.After(w.retry.next())
		fault = anyNumber(fault)
	}
	level := slog.LevelError
	if w.said == fault {
		level = slog.LevelDebug
	}
	w.said = fault
	w.log.Log(ctx, level, withHints(err), "resource", w.res.File)
}

// anyNumber makes faults alike that differ in the name of a temporary file only.
func anyNumber(fault string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, fault)
}

func withHints(err error) string {
	if h := diag.Hints(err); len(h) > 0 {
		return err.Error() + " (hint: " + strings.Join(h, "; ") + ")"
	}
	return err.Error()
}
