package server

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// waits reads what a request says of waiting. prev is 0 where it is no
// positive number: then any version is news only once it changes.
func waits(r *http.Request) (prev int64, wait bool) {
	if r.URL.RawQuery == "" {
		return 0, false
	}
	form := r.URL.Query()
	if !strings.EqualFold(form.Get("wait"), "true") {
		return 0, false
	}
	prev, err := strconv.ParseInt(form.Get("prev_version"), 10, 64)
	if err != nil || prev < 0 {
		prev = 0
	}
	return prev, true
}

// hold returns when the request may be answered: at once if there is news for
// prev, else when something that it asks for has changed. false: it need not
// be answered any more.
func (s *Server) hold(r *http.Request, q query, prev int64) bool {
	w := s.enlist(q, prev)
	if w == nil {
		return true
	}
	defer s.dismiss(w)
	select {
	case <-w.woken:
	case <-r.Context().Done():
		return false
	case <-s.closed:
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	return s.settle(r)
}

// settle lets a burst of changes end.
func (s *Server) settle(r *http.Request) bool {
	if s.options.Settle <= 0 {
		return true
	}
	t := time.NewTimer(s.options.Settle)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// enlist makes a waiter for what q asks for. It is nil if there is nothing to
// wait for. Looking at the version and enlisting are one step: no change gets
// lost between.
func (s *Server) enlist(q query, prev int64) *waiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.current.Load()
	if prev > 0 && prev != st.version {
		return nil
	}
	w := &waiter{woken: make(chan struct{})}
	switch {
	case !q.self:
		s.data.add(q.path, w)
	case !s.enlistSelf(st, q, w):
		return nil
	}
	s.waiting++
	return w
}

// enlistSelf waits on what the mapping names, and on the mapping itself. A
// client or name without a mapping has nothing to wait for.
func (s *Server) enlistSelf(st *state, q query, w *waiter) bool {
	mapping := st.mapping.kid(q.addr)
	if mapping == nil || mapping.isLeaf() {
		return false
	}
	m, rest := follow(mapping, q.path)
	if m == nil {
		return false
	}
	named := q.path[:len(q.path)-len(rest)]
	s.mappings.add(append([]string{q.addr}, named...), w)
	s.enlistTargets(m, rest, w)
	return true
}

func (s *Server) enlistTargets(m *node, rest []string, w *waiter) {
	if m.isLeaf() {
		s.data.add(targetPath(m.value, rest), w)
		return
	}
	for _, k := range m.kids() {
		s.enlistTargets(k.node, nil, w)
	}
}

func (s *Server) dismiss(w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.remove()
	s.waiting--
}
