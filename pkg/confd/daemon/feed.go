package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/confd/metad"
)

// server is what a feed needs of a metad.Client.
type server interface {
	confd.Source
	Read(ctx context.Context, path string) (*metad.Document, error)
	Wait(ctx context.Context, doc *metad.Document) error
}

// errNothing is that a server answers well, but has no value for this node.
var errNothing = errors.New("the metadata server has no value there")

// atOnce is the time within which an answer to a wait is taken for one that
// did not wait.
const atOnce = 50 * time.Millisecond

// feed follows the metadata below one prefix.
type feed struct {
	prefix string
	server server
	log    *slog.Logger

	latest atomic.Pointer[snapshot]
	mu     sync.Mutex
	wake   []chan<- struct{} // capacity 1 each

	fault string    // what was last said to be wrong
	since time.Time // from when on
}

func newFeed(prefix string, s server, log *slog.Logger) *feed {
	return &feed{prefix: prefix, server: s, log: log}
}

// subscribe has c told, without waiting for it, whenever there is a new snapshot.
func (f *feed) subscribe(c chan<- struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wake = append(f.wake, c)
}

// run reads and waits in turn until ctx ends. After every wait, however it
// ended, the whole is read again: only what was read has a version that can be
// trusted. (A server of the platform answers a wait with the version from
// before the change.)
func (f *feed) run(ctx context.Context) {
	retry := backoff{first: 200 * time.Millisecond, most: 3 * time.Second}
	idle := backoff{first: 100 * time.Millisecond, most: 250 * time.Millisecond} // rounds that brought nothing
	broken := backoff{first: 100 * time.Millisecond, most: 3 * time.Second}
	hasty, cut := false, false
	for ctx.Err() == nil {
		doc, err := f.server.Read(ctx, f.prefix)
		if err != nil {
			f.complain(ctx, err)
			pause(ctx, retry.next())
			continue
		}
		retry.reset()
		news := f.take(doc)
		switch {
		case cut && hasty:
			pause(ctx, broken.next())
		case hasty && !news:
			pause(ctx, idle.next())
		default:
			idle.reset()
			broken.reset()
		}
		start := time.Now()
		err = f.server.Wait(ctx, doc)
		hasty, cut = time.Since(start) < atOnce, err != nil
		if cut && ctx.Err() == nil {
			f.log.Debug("the wait for changes ended: "+err.Error(), "prefix", f.prefix)
		}
	}
}

// take makes a snapshot of what was read and tells the subscribers, if it
// brings news.
func (f *feed) take(doc *metad.Document) (news bool) {
	if !hasValue(doc.Value) {
		f.complain(context.Background(), errNothing)
		return false
	}
	f.recovered()
	before, value := f.latest.Load(), doc.Value
	if before != nil {
		value = share(before.value, value)
		if identical(value, before.value) && !before.hasOdd() {
			return false
		}
	}
	f.latest.Store(newSnapshot(f.prefix, value, f.server))
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.wake {
		poke(c)
	}
	return true
}

// poke leaves a note in a channel of capacity 1; one note is enough.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// complain says what is wrong when it begins, and when it becomes something
// else; not at every try.
func (f *feed) complain(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	kind := "unavailable"
	if errors.Is(err, metad.ErrAbsent) || errors.Is(err, errNothing) {
		kind = "absent"
	}
	if f.fault == kind {
		f.log.Debug("reading metadata: "+err.Error(), "prefix", f.prefix)
		return
	}
	if f.fault == "" {
		f.since = time.Now()
	}
	f.fault = kind
	f.log.Error("reading metadata: "+err.Error()+" (files stay as they are, and it is tried again)", "prefix", f.prefix)
}

func (f *feed) recovered() {
	if f.fault == "" {
		return
	}
	f.log.Info("reading metadata: it is there after "+time.Since(f.since).Round(time.Millisecond).String(), "prefix", f.prefix)
	f.fault = ""
}
