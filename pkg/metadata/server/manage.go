package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Manage is the operator's port. It sees everything and asks nobody who they
// are: it belongs on loopback.
func (s *Server) Manage() http.Handler { return http.HandlerFunc(s.serveManage) }

func (s *Server) serveManage(w http.ResponseWriter, r *http.Request) {
	if redirected(w, r) {
		return
	}
	if r.URL.Path == "/health" {
		fmt.Fprint(w, `{"status":"up"}`)
		return
	}
	room, path, ok := managePath(r.URL.Path)
	act := s.action(room, r.Method)
	if !ok || act == nil {
		noSuchPage(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.options.MaxBody)
	act(s.newReply(w, r), path)
}

// managePath takes /v1/ROOM/PATH apart.
func managePath(p string) (room, path string, ok bool) {
	p, ok = strings.CutPrefix(p, "/v1/")
	room, path, _ = strings.Cut(p, "/")
	if room == "rule" && path != "" {
		return "", "", false
	}
	return room, "/" + path, ok
}

// action is what method does in room, nil if nothing. Methods that are there
// for some paths only are not told apart: whatever is not served is 404.
func (s *Server) action(room, method string) func(*reply, string) {
	switch room + " " + method {
	case "data GET":
		return s.getData
	case "data POST", "data PUT":
		return s.putData
	case "data DELETE":
		return s.deleteData
	case "mapping GET":
		return s.getMapping
	case "mapping POST", "mapping PUT":
		return s.putMapping
	case "mapping DELETE":
		return s.deleteMapping
	case "rule GET":
		return s.getRules
	case "rule POST", "rule PUT":
		return s.putRules
	case "rule DELETE":
		return s.deleteRules
	default:
		return nil
	}
}

// read decodes the first JSON value of the body; what follows it is ignored.
func (a *reply) read(v any) bool {
	err := json.NewDecoder(a.r.Body).Decode(v)
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &large):
		a.refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("request is larger than %d bytes", large.Limit))
	default:
		a.refuse(http.StatusBadRequest, "invalid json format, error:"+err.Error())
	}
	return false
}

// changed makes a change and says so, or why it is refused: with status 500,
// as the original has it.
func (a *reply) changed(change func(*Tx) error) {
	switch err := a.s.Update(change); {
	case errors.Is(err, errTooDeep):
		a.refuse(http.StatusBadRequest, err.Error())
	case err != nil:
		a.refuse(http.StatusInternalServerError, err.Error())
	default:
		a.version = a.s.Version()
		a.done()
	}
}

// list is a query parameter that lists names; nil if it is absent or empty.
func (a *reply) list(name string) []string {
	if v := a.r.URL.Query().Get(name); v != "" {
		return strings.Split(v, ",")
	}
	return nil
}
