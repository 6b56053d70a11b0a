package server

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const notFound = "Not found"

// reply is the answer to one request.
type reply struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	format  format
	pretty  bool
	version int64
}

func (s *Server) newReply(w http.ResponseWriter, r *http.Request) *reply {
	pretty := ""
	if r.URL.RawQuery != "" {
		pretty = r.URL.Query().Get("pretty")
	}
	return &reply{s: s, w: w, r: r,
		format:  negotiate(r.Header["Accept"]),
		pretty:  pretty != "" && pretty != "false",
		version: s.Version(),
	}
}

// node answers with n, or that there is nothing if n is nil.
func (a *reply) node(n *node) {
	if n == nil {
		a.refuse(http.StatusNotFound, notFound)
		return
	}
	a.encoded(func(b []byte) ([]byte, error) { return appendNode(b, n, a.format, a.pretty) })
}

// done answers that a write has happened.
func (a *reply) done() {
	if a.format == asText {
		a.encoded(func(b []byte) ([]byte, error) { return append(b, "OK"...), nil })
		return
	}
	a.value(struct {
		Code int    `json:"code"`
		Type string `json:"type"`
	}{http.StatusOK, "OK"})
}

// value answers with v as JSON or YAML.
func (a *reply) value(v any) {
	a.encoded(func(b []byte) ([]byte, error) { return appendValue(b, v, a.format, a.pretty) })
}

func (a *reply) encoded(encode func([]byte) ([]byte, error)) {
	buf := a.s.buffers.Get().(*[]byte)
	defer a.s.buffers.Put(buf)
	body, err := encode((*buf)[:0])
	if err != nil {
		a.refuse(http.StatusInternalServerError, fmt.Sprintf("Error serializing: %v", err))
		return
	}
	if cap(body) <= maxKept {
		*buf = body
	}
	a.send(http.StatusOK, a.format.contentType(), body)
}

// refuse answers with an error. Its Content-Type is text whatever its format is.
func (a *reply) refuse(status int, message string) {
	body := []byte(message)
	if a.format != asText {
		body, _ = appendValue(nil, struct { // plain strings and numbers: no error
			Code    int    `json:"code"`
			Message string `json:"message"`
			Type    string `json:"type"`
		}{status, message, "ERROR"}, a.format, false)
	}
	a.w.Header().Set("X-Content-Type-Options", "nosniff")
	a.send(status, "text/plain; charset=utf-8", append(body, '\n'))
}

func (a *reply) send(status int, contentType string, body []byte) {
	h := a.w.Header()
	h.Set("X-Metad-Requestid", "REQ-"+strconv.FormatInt(a.s.lastID.Add(1), 10))
	h.Set("X-Metad-Version", strconv.FormatInt(a.version, 10))
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	// A client that does not take its answer must not hold it for ever. Where
	// the ResponseWriter knows no deadlines there is no such client.
	_ = http.NewResponseController(a.w).SetWriteDeadline(time.Now().Add(a.s.options.WriteTimeout))
	a.w.WriteHeader(status)
	if a.r.Method != http.MethodHead {
		_, _ = a.w.Write(body) // the client has gone: nobody is left to tell
	}
	a.s.log(a.r, status, a.version, len(body))
}

func (s *Server) log(r *http.Request, status int, version int64, size int) {
	if s.options.Log == nil {
		return
	}
	s.options.Log.DebugContext(r.Context(), "request", "client", s.clientAddr(r), "method", r.Method,
		"uri", r.URL.RequestURI(), "status", status, "version", version, "bytes", size)
}

// noSuchPage answers what is no part of the protocol.
func noSuchPage(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// redirected sends clients from unclean paths to the clean ones, as the
// original's router does for every method.
func redirected(w http.ResponseWriter, r *http.Request) bool {
	clean := cleanPath(r.URL.Path)
	if clean == r.URL.Path {
		return false
	}
	u := *r.URL
	u.Path, u.RawPath = clean, ""
	w.Header().Set("Location", u.String())
	w.WriteHeader(http.StatusMovedPermanently)
	return true
}
