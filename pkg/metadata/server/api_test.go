package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/appimg/appimg/pkg/metadata/server"
)

// get is what the client at addr is answered.
func get(t *testing.T, s *server.Server, addr, uri string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	s.Data().ServeHTTP(rec, request(t.Context(), addr, uri))
	return rec
}

func TestUpdateIsOneChange(t *testing.T) {
	s := cluster(t, 1, 2)
	woken := make(chan *httptest.ResponseRecorder)
	go func() { woken <- get(t, s, address(0, 0), "/self?wait=true") }()
	eventually(t, "it waits", func() bool { return s.Waiting() == 1 })

	failed := errors.New("no")
	err := s.Update(func(tx *server.Tx) error {
		tx.DeleteData("/")
		return errors.Join(tx.SetMapping(map[string]any{}), failed)
	})
	if !errors.Is(err, failed) || s.Mapping("/"+address(0, 0)) == nil || s.Get("/clusters/cl-0") == nil {
		t.Fatalf("a failed update left something: %v", err)
	}
	version := s.Version()
	err = s.Update(func(tx *server.Tx) error {
		tx.DeleteData("/clusters/cl-0/hosts/i-00000001")
		tx.DeleteMapping("/" + address(0, 1))
		return errors.Join(
			tx.MergeData("/clusters/cl-0/deleting-hosts/i-00000001/ip", address(0, 1)),
			tx.ReplaceData("/clusters/cl-0/env", map[string]any{"port": 1}),
			tx.MergeMapping("/"+address(0, 0)+"/deleting-hosts", "/clusters/cl-0/deleting-hosts"),
			tx.SetRules(map[string][]server.Rule{"10.9.9.9": {{Path: "/clusters/*/env", Mode: server.Read}}}))
	})
	if err != nil {
		t.Fatal(err)
	}
	rec := <-woken
	if got := rec.Header().Get("X-Metad-Version"); got != fmt.Sprint(s.Version()) || s.Version() <= version {
		t.Errorf("the wait was answered with version %s, now it is %d, before %d", got, s.Version(), version)
	}
	self, ok := s.Self(address(0, 0))
	if !ok || !reflect.DeepEqual(self["env"], map[string]any{"port": "1"}) || len(self["hosts"].(map[string]any)) != 1 || self["deleting-hosts"] == nil {
		t.Errorf("self = %v", self)
	}
	if _, ok := s.Self(address(0, 1)); ok {
		t.Error("a node that has gone still sees something")
	}
	if got := get(t, s, "10.9.9.9", "/clusters/cl-0/env").Body.String(); got != `{"port":"1"}` {
		t.Errorf("with rules: %s", got)
	}
}

// Replacing data in this process wakes nobody whose view stays the same: a
// simulation may write all it knows again.
func TestReplaceDataComparesFirst(t *testing.T) {
	s := cluster(t, 1, 2)
	version := s.Version()
	if err := s.ReplaceData("/", s.Get("/")); err != nil {
		t.Fatal(err)
	}
	if s.Version() != version {
		t.Error("writing the same again is a change")
	}
	if err := s.ReplaceData("/clusters/cl-0/env", map[string]any{"port": "6379"}); err != nil {
		t.Fatal(err)
	}
	if s.Version() != version+1 {
		t.Errorf("one leaf removed: version grew by %d", s.Version()-version)
	}
	s.Delete("/clusters/cl-0/env/port", "/nope")
	if got := s.Get("/clusters/cl-0/env"); got != nil {
		t.Errorf("env = %v", got)
	}
}

func TestAPIErrors(t *testing.T) {
	s := server.New(server.Options{})
	for name, err := range map[string]error{
		"a channel":        s.MergeData("/a", make(chan int)),
		"a nested func":    s.ReplaceData("/a", map[string]any{"f": func() {}}),
		"no ip":            s.SetMapping(map[string]any{"node": map[string]any{"a": "/a"}}),
		"no path":          s.MergeMapping("/10.0.0.1/a", "a"),
		"no such mode":     s.SetRules(map[string][]server.Rule{"h": {{Path: "/", Mode: 2}}}),
		"an ip for itself": s.MergeMapping("/10.0.0.1", "/a"),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if s.Version() != 0 || !reflect.DeepEqual(s.Get("/"), map[string]any{}) || !reflect.DeepEqual(s.Mapping("/"), map[string]any{}) || len(s.Rules()) != 0 {
		t.Error("something of it was stored")
	}
}

func TestRules(t *testing.T) {
	s := cluster(t, 1, 1)
	rules := map[string][]server.Rule{address(0, 0): {{Path: "/clusters/cl-0/env", Mode: server.Read}}}
	if err := s.SetRules(rules); err != nil {
		t.Fatal(err)
	}
	if self, _ := s.Self(address(0, 0)); len(self) != 1 {
		t.Errorf("self = %v", self)
	}
	if got := s.Rules(address(0, 0), "nobody"); !reflect.DeepEqual(got, rules) {
		t.Errorf("rules = %v", got)
	}
	s.DeleteRules(address(0, 0))
	if self, _ := s.Self(address(0, 0)); len(self) != 5 {
		t.Errorf("without rules self = %v", self)
	}
	s.DeleteMapping("/" + address(0, 0))
	if rec := get(t, s, address(0, 0), "/"); rec.Code != http.StatusNotFound {
		t.Errorf("without a mapping: %d", rec.Code)
	}
}

// What is too large is refused, and said to be so.
func TestMaxBody(t *testing.T) {
	s := server.New(server.Options{MaxBody: 10})
	rec := httptest.NewRecorder()
	s.Manage().ServeHTTP(rec, manageRequest("PUT", "/v1/data", `{"a":"0123456789"}`))
	if rec.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	rec = httptest.NewRecorder()
	s.Manage().ServeHTTP(rec, manageRequest("PUT", "/v1/data", `{"a":"01"}`))
	if rec.Code != http.StatusOK {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// Close ends waits without an answer; reads go on.
func TestClose(t *testing.T) {
	s := cluster(t, 1, 1)
	ended := make(chan any)
	go func() {
		defer func() { ended <- recover() }()
		get(t, s, address(0, 0), "/self?wait=true")
	}()
	eventually(t, "it waits", func() bool { return s.Waiting() == 1 })
	s.Close()
	s.Close()
	if got := <-ended; got != http.ErrAbortHandler {
		t.Errorf("the wait ended with %v", got)
	}
	if rec := get(t, s, address(0, 0), "/self/env/port"); rec.Code != http.StatusOK {
		t.Errorf("reading: %d", rec.Code)
	}
}
