// Package metadtest is a metadata server for tests: as the platform's behaves
// towards one node, with faults on demand.
package metadtest

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// NotFound is the body of a 404 of the real server.
const NotFound = `{"code":404,"message":"Not found","type":"ERROR"}` + "\n"

// Request is what a client asked.
type Request struct {
	Time time.Time
	Path string
	Wait bool
	Prev string // prev_version of a wait
}

// Server serves one tree, below / , to whoever asks.
type Server struct {
	// Batch is how long a wait is held on after a change; the real server's is 100 ms.
	Batch time.Duration
	// Stale answers waits on /self with the version from before the change, as
	// the real server does.
	Stale bool

	mu         sync.Mutex
	tree       map[string]any
	version    int
	changed    chan struct{} // closed at each change
	log        []Request
	conns      int
	faultReads http.HandlerFunc
	faultWaits http.HandlerFunc

	addr string
	srv  *httptest.Server
}

// New starts a server whose /self is self; it ends with the test.
func New(t testing.TB, self map[string]any) *Server {
	t.Helper()
	s := &Server{Stale: true, tree: map[string]any{"self": self}, version: 10, changed: make(chan struct{})}
	s.addr = "127.0.0.1:0"
	s.Start(t)
	t.Cleanup(s.Stop)
	return s
}

// Start serves again after Stop, at the same address.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	var l net.Listener
	var err error
	for range 100 {
		if l, err = net.Listen("tcp", s.addr); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	s.srv = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	_ = s.srv.Listener.Close()
	s.srv.Listener = l
	s.srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.conns++
		}
	}
	s.srv.Start()
}

// Stop ends the server and cuts its connections.
func (s *Server) Stop() {
	if s.srv == nil {
		return
	}
	srv := s.srv
	s.srv = nil
	_ = srv.Listener.Close()
	srv.CloseClientConnections()
	srv.Close()
}

// Addr is HOST:PORT, also while the server is stopped.
func (s *Server) Addr() string { return s.addr }

// Set puts a value at a path below /self; nil deletes. Waits are answered.
func (s *Server) Set(path string, value any) {
	s.Change(func(self map[string]any) {
		parts := strings.Split(strings.Trim(path, "/"), "/")
		for _, p := range parts[:len(parts)-1] {
			next, ok := self[p].(map[string]any)
			if !ok {
				next = map[string]any{}
				self[p] = next
			}
			self = next
		}
		if last := parts[len(parts)-1]; value == nil {
			delete(self, last)
		} else {
			self[last] = value
		}
	})
}

// Change changes /self in one step.
func (s *Server) Change(f func(self map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.tree["self"].(map[string]any))
	s.version++
	close(s.changed)
	s.changed = make(chan struct{})
}

// SetVersion makes the version another one, without a change.
func (s *Server) SetVersion(v int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = v
}

// Fault has reads, waits or both answered by other handlers; nil is no fault.
func (s *Server) Fault(reads, waits http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faultReads, s.faultWaits = reads, waits
}

// Requests lists what was asked so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.log...)
}

// Conns is how many connections there have been.
func (s *Server) Conns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// Status answers with a status and the body that the real server has for it.
func Status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Metad-Version", "0")
		w.WriteHeader(code)
		_, _ = w.Write([]byte(strings.ReplaceAll(NotFound, "404", strconv.Itoa(code))))
	}
}

// Body answers 200 with a body.
func Body(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Metad-Version", "10")
		_, _ = w.Write([]byte(body))
	}
}

// Cut answers 200, and breaks off in the middle of the body.
func Cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "4000")
	w.Header().Set("X-Metad-Version", "10")
	_, _ = w.Write([]byte(`{"env":{"a":"1`))
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// Hang never answers.
func Hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	wait := strings.EqualFold(r.URL.Query().Get("wait"), "true")
	prev := r.URL.Query().Get("prev_version")
	s.mu.Lock()
	s.log = append(s.log, Request{time.Now(), r.URL.RequestURI(), wait, prev})
	version, changed, fault := s.version, s.changed, s.faultReads
	if wait {
		fault = s.faultWaits
	}
	s.mu.Unlock()
	if fault != nil {
		fault(w, r)
		return
	}
	if n, err := strconv.Atoi(prev); wait && (err != nil || n <= 0 || n == version) {
		select {
		case <-changed:
			time.Sleep(s.Batch)
		case <-r.Context().Done():
			return
		}
		if s.brokenMeanwhile(w, r) {
			return
		}
	}
	s.answer(w, r.URL.Path, version)
}

func (s *Server) brokenMeanwhile(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	fault := s.faultWaits
	s.mu.Unlock()
	if fault != nil {
		fault(w, r)
	}
	return fault != nil
}

func (s *Server) answer(w http.ResponseWriter, path string, version int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var v any = s.tree
	for _, p := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' }) {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	if !s.Stale {
		version = s.version
	}
	w.Header().Set("X-Metad-Version", strconv.Itoa(version))
	if v == nil {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(NotFound))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
