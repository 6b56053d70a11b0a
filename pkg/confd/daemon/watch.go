package daemon

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/appimg/appimg/pkg/confd"
)

// watch follows the metadata: feeds and workers, and new ones after SIGHUP.
type watch struct {
	server  server
	applier *confd.Applier
	steps   *steps
	log     *slog.Logger
	places  map[string]*place // by the path of the resource's toml
	said    map[string]string // the fault that was said last, by the same
}

func newWatch(s server, check, reload *confd.Applier, log *slog.Logger) *watch {
	return &watch{
		server:  s,
		applier: check,
		steps:   &steps{check: check, reload: reload, log: log, slots: make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))},
		log:     log,
		places:  map[string]*place{},
		said:    map[string]string{},
	}
}

// run works until ctx ends; at each note in reload it begins anew with what is
// in conf.d then. Runs of the generation before are finished, not cut.
func (w *watch) run(ctx context.Context, reload <-chan struct{}) {
	var all sync.WaitGroup
	defer all.Wait()
	for ctx.Err() == nil {
		gen, cancel := context.WithCancel(ctx)
		w.start(ctx, gen, &all)
		select {
		case <-ctx.Done():
		case <-reload:
			w.log.Info("reading the resources again")
			clear(w.said)
		}
		cancel()
	}
}

// start starts a generation: its feeds and workers stop with gen.
func (w *watch) start(ctx, gen context.Context, all *sync.WaitGroup) {
	feeds := map[string]*feed{}
	var workers []*worker
	for _, r := range w.load() {
		prefix := w.applier.EffectivePrefix(r)
		if feeds[prefix] == nil {
			feeds[prefix] = newFeed(prefix, w.server, w.log)
		}
		if w.places[r.File] == nil {
			w.places[r.File] = newPlace()
		}
		workers = append(workers, newWorker(r, w.steps, feeds[prefix], w.places[r.File], w.log))
	}
	for _, wk := range workers {
		all.Go(func() { wk.run(ctx, gen.Done()) })
	}
	for _, f := range feeds {
		all.Go(func() { f.run(gen) })
	}
	all.Go(func() { patrolAll(gen, workers) })
}

// patrolAll has every worker look after its file from time to time.
func patrolAll(ctx context.Context, workers []*worker) {
	t := time.NewTicker(patrolEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			for _, w := range workers {
				poke(w.tick)
			}
		}
	}
}

// load reads the resources. One that cannot be read does not stop the others;
// what is wrong with it is said.
func (w *watch) load() []*confd.Resource {
	files, err := confd.FindResources(w.applier.ConfDir)
	if err != nil {
		w.log.Error(withHints(err))
	}
	var out []*confd.Resource
	for _, file := range files {
		r, err := confd.ReadResource(file)
		if err != nil {
			w.say(file, err)
			continue
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		w.log.Warn("found no resources", "confdir", w.applier.ConfDir)
	}
	return out
}

// say says what is wrong with a resource, unless it is what was said last.
func (w *watch) say(file string, err error) {
	switch {
	case err == nil:
		delete(w.said, file)
	case w.said[file] == err.Error():
		w.log.Debug(withHints(err), "resource", file)
	default:
		w.said[file] = err.Error()
		w.log.Error(withHints(err), "resource", file)
	}
}
