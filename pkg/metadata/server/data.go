package server

import (
	"net/http"
	"strings"
)

// Data is the port of the nodes: it answers what the asking address may see.
func (s *Server) Data() http.Handler { return http.HandlerFunc(s.serveData) }

func (s *Server) serveData(w http.ResponseWriter, r *http.Request) {
	switch {
	case redirected(w, r):
		return
	case r.URL.Path == "/favicon.ico" || r.Method != http.MethodGet && r.Method != http.MethodHead:
		noSuchPage(w, r)
		return
	}
	q := query{addr: s.clientAddr(r)}
	q.path, q.self = selfPath(r.URL.Path)
	if prev, wait := waits(r); wait && !s.hold(r, q, prev) {
		return
	}
	answer := s.newReply(w, r)
	st := s.current.Load()
	view := q.view(st)
	answer.version = st.version
	if view == nil && !q.self {
		answer.version = 0 // the original's
	}
	answer.node(view)
}

// query is what is asked, and by whom.
type query struct {
	addr string
	path []string // below /self, if self
	self bool
}

func selfPath(p string) (path []string, self bool) {
	rest, self := strings.CutPrefix(p, "/self")
	if self && (rest == "" || rest[0] == '/') {
		return split(rest), true
	}
	return split(p), false
}

func (q query) view(st *state) *node {
	c := st.client(q.addr)
	if q.self {
		return c.self(st.data, q.path)
	}
	return c.root(st.data, q.path)
}
