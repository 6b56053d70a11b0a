package daemon

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/confd/metad"
)

// patience is how long one run waits for a metadata server to answer. At boot
// the first run is often a little early.
const patience = 15 * time.Second

// patient asks again where no server answers, until its patience is at an
// end; after that it asks once each time.
type patient struct {
	confd.Source
	log  *slog.Logger
	left time.Duration
}

// Get answers a read of one path.
func (p *patient) Get(ctx context.Context, path string) (any, error) {
	retry := backoff{first: 200 * time.Millisecond, most: 3 * time.Second}
	for {
		start := time.Now()
		v, err := p.Source.Get(ctx, path)
		var away *metad.UnavailableError
		if err == nil || p.left <= 0 || ctx.Err() != nil || !errors.As(err, &away) {
			return v, err
		}
		p.log.Warn("reading metadata: " + err.Error() + " (trying again)")
		pause(ctx, retry.next())
		p.left -= time.Since(start)
	}
}

// inTurn goes through resources in the order of their paths. One that fails
// does not stop the others; what is wrong with it is said, and tells.
func (w *watch) inTurn(ctx context.Context, rs []*confd.Resource) (ok bool) {
	src := &patient{Source: w.server, log: w.log, left: patience}
	ok = true
	for _, r := range rs {
		out, err := w.steps.run(ctx, r, input{
			store:    func(ctx context.Context) (*confd.Store, error) { return w.applier.Fetch(ctx, r, src) },
			template: func() (*confd.Template, error) { return w.applier.Template(r) },
		}, true, false)
		if ctx.Err() != nil {
			return false
		}
		err = errors.Join(err, out.reloadErr)
		w.say(r.File, err)
		ok = ok && err == nil
	}
	return ok
}

// onetime is one run. One resource that cannot be read stops it before it has
// begun, as it does QingCloud's confd.
func (w *watch) onetime(ctx context.Context) error {
	rs, err := w.applier.LoadAll()
	if err != nil {
		return err
	}
	if !w.inTurn(ctx, rs) {
		return errUnfinished
	}
	return nil
}

// interval is a run every so often until ctx ends, and at each note in now.
func (w *watch) interval(ctx context.Context, every time.Duration, now <-chan struct{}) {
	t := time.NewTicker(every)
	defer t.Stop()
	for ctx.Err() == nil {
		w.inTurn(ctx, w.load())
		select {
		case <-ctx.Done():
		case <-now:
			clear(w.said)
		case <-t.C:
		}
	}
}
