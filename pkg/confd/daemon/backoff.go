package daemon

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is how long to wait before each further try: twice as long every
// time, up to most, and never quite the same on all nodes of a cluster.
type backoff struct {
	first, most time.Duration
	last        time.Duration
}

func (b *backoff) next() time.Duration {
	b.last = min(max(b.first, 2*b.last), b.most)
	return b.last/2 + rand.N(b.last/2+1)
}

func (b *backoff) reset() { b.last = 0 }

// pause waits for d, or less if ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
