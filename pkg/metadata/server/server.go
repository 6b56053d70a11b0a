package server

import (
	"log/slog"
	"maps"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the choices of New. The zero value is the platform's behaviour.
type Options struct {
	// TrustForwardedFor takes the client's address from X-Forwarded-For, as it
	// stands there, where the header is present.
	TrustForwardedFor bool
	// As lets the client at an address be another one: address → address.
	As map[string]string
	// Settle is how long the answer to a woken wait is put off, so that a burst
	// of changes is one answer. The original waits for 100 ms of quiet; 0, the
	// default, answers at once: what one call or request changes is one change.
	Settle time.Duration
	// WriteTimeout is how long a client may take to receive an answer. 0 is 30 s.
	WriteTimeout time.Duration
	// MaxBody is the size in bytes up to which management requests are read. 0 is 64 MiB.
	MaxBody int64
	// Log gets one debug record per request; nil for none.
	Log *slog.Logger
}

// Server is the metadata of one simulated platform. Its methods may be called
// at any time from any goroutine.
type Server struct {
	options Options
	epoch   int64
	current atomic.Pointer[state]
	lastID  atomic.Int64 // of requests
	buffers sync.Pool    // of *[]byte: answers being put together
	closed  chan struct{}
	close   sync.Once

	mu       sync.Mutex // writes, and who waits
	data     watchNode
	mappings watchNode
	waiting  int
}

// state is everything the server knows at one moment. It never changes.
type state struct {
	version int64 // of data
	data    *node
	mapping *node              // address → what /self means there
	rules   map[string]*access // by address
	clients *sync.Map          // address → client: depends on mapping and rules only
}

// New makes an empty server.
func New(o Options) *Server {
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = 30 * time.Second
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 64 << 20
	}
	s := &Server{
		options: o,
		// Versions start at 0, as the original's do, but go on from the clock once
		// there is data: so a version that another run of the server issued, or
		// that a client made up (QingCloud's confd starts with 1), is never by
		// chance the current one, which would make its wait hang.
		epoch:   time.Now().UnixMicro(),
		buffers: sync.Pool{New: func() any { return new([]byte) }},
		closed:  make(chan struct{}),
	}
	s.current.Store(&state{data: newDir(nil), mapping: newDir(nil), clients: &sync.Map{}})
	return s
}

// Close ends all waits, without an answer: their connections are closed, as
// when the server dies. Later waits end at once; all else goes on working.
func (s *Server) Close() { s.close.Do(func() { close(s.closed) }) }

// Version is the version of the data: what X-Metad-Version says.
func (s *Server) Version() int64 { return s.current.Load().version }

// Waiting is the number of long polls that are open.
func (s *Server) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting
}

// Self is what the client at addr reads at GET /self; ok is false where it
// reads nothing.
func (s *Server) Self(addr string) (self map[string]any, ok bool) {
	st := s.current.Load()
	view := st.client(addr).self(st.data, nil)
	if view == nil {
		return nil, false
	}
	self, ok = view.plain().(map[string]any)
	return self, ok
}

// Get is what the data holds at path: a string, a map[string]any of such, or
// nil for nothing.
func (s *Server) Get(path string) any { return plainAt(s.current.Load().data, path) }

// Mapping is the mapping at path: / for all, /<address> for a client's.
func (s *Server) Mapping(path string) any { return plainAt(s.current.Load().mapping, path) }

func plainAt(tree *node, path string) any {
	if n := tree.at(split(path)); n != nil {
		return n.plain()
	}
	return nil
}

// Rules are the rules of the given clients, of all without any.
func (s *Server) Rules(addrs ...string) map[string][]Rule {
	known := s.current.Load().rules
	out := map[string][]Rule{}
	if len(addrs) == 0 {
		for addr := range maps.Keys(known) {
			addrs = append(addrs, addr)
		}
	}
	for _, addr := range addrs {
		if a, ok := known[addr]; ok {
			out[addr] = a.rules("")
		}
	}
	return out
}

// clientAddr is who asks.
func (s *Server) clientAddr(r *http.Request) string {
	if forwarded := r.Header.Get("X-Forwarded-For"); s.options.TrustForwardedFor && forwarded != "" {
		return forwarded
	}
	addr, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		addr = r.RemoteAddr
	}
	if as, ok := s.options.As[addr]; ok {
		return as
	}
	return addr
}
