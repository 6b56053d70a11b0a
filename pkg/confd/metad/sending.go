package metad

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// sending looks after the connection that a wait goes out on. A server that
// was restarted may have other data with the same version by chance: a wait
// with a version of the old server could then be held for ever. A new
// connection instead of the one that was read on is the sign of that.
type sending struct {
	count  atomic.Int32
	moved  func() // the wait goes out on a new connection
	resent func() // net/http sends the wait a second time
}

// watch is ctx with this watching.
func (s *sending) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		switch {
		case s.count.Add(1) > 1:
			s.resent()
		case !i.Reused:
			s.moved()
		}
	}})
}

func (s *sending) again() bool { return s.count.Load() > 1 }
