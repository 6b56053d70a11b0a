package metad_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/confd/metad"
	"github.com/appimg/appimg/pkg/confd/metad/metadtest"
)

func self() map[string]any {
	return map[string]any{"env": map[string]any{"a": "1", "b": "x"}, "hosts": map[string]any{"i-1": map[string]any{"ip": "10.0.0.1"}}}
}

func client(t *testing.T, o metad.Options) *metad.Client {
	t.Helper()
	c, err := metad.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGet(t *testing.T) {
	t.Parallel()
	s := metadtest.New(t, self())
	c := client(t, metad.Options{Nodes: []string{s.Addr()}})
	tests := []struct {
		path string
		want any
	}{
		{"/self/env", map[string]any{"a": "1", "b": "x"}},
		{"/self/env/a", "1"},
		{"/self/hosts/i-1/ip", "10.0.0.1"},
		{"/self/none", map[string]any{"code": 404.0, "message": "Not found", "type": "ERROR"}},
		{"/self/env?x=1", map[string]any{"a": "1", "b": "x"}},
		{"/self/env#frag", map[string]any{"a": "1", "b": "x"}},
		{"/self/%65nv/a", "1"},
	}
	for _, tt := range tests {
		got, err := c.Get(t.Context(), tt.path)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Get(%q) = %v, %v; want %v", tt.path, got, err, tt.want)
		}
	}
	if _, err := c.Get(t.Context(), "/self/%zz"); err == nil || !strings.Contains(err.Error(), `invalid URL escape "%zz"`) {
		t.Errorf("a path that is no URL: %v", err)
	}
}

// What is no good answer is an error, whatever it looks like.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
		in      string
	}{
		{"500", metadtest.Status(500), "500 Internal Server Error"},
		{"403", metadtest.Status(403), "403 Forbidden"},
		{"garbage", metadtest.Body("<html>not json {"), "the answer is no JSON"},
		{"empty", metadtest.Body(""), "unexpected end of JSON input"},
		{"two values", metadtest.Body("{} {}"), "after top-level value"},
		{"cut", metadtest.Cut, "breaks off after 14 bytes"},
		{"hang", metadtest.Hang, "no answer within"},
		{"large", metadtest.Body(strings.Repeat(" ", 5000)), "bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := metadtest.New(t, self())
			s.Fault(tt.handler, nil)
			c := client(t, metad.Options{Nodes: []string{s.Addr()}, ReadTimeout: 200 * time.Millisecond, MaxAnswer: 4000})
			if v, err := c.Get(t.Context(), "/self"); err == nil || !strings.Contains(err.Error(), tt.in) {
				t.Errorf("Get = %v, %v; want an error with %q", v, err, tt.in)
			}
			_, err := c.Read(t.Context(), "/self")
			var away *metad.UnavailableError
			if !errors.As(err, &away) || len(away.Nodes) != 1 || away.Nodes[0].Node != s.Addr() {
				t.Errorf("Read: %v; want an UnavailableError that names %s", err, s.Addr())
			}
			s.Fault(nil, nil)
			if _, err := c.Read(t.Context(), "/self"); err != nil {
				t.Errorf("Read afterwards: %v", err)
			}
		})
	}
}

func TestReadAbsent(t *testing.T) {
	t.Parallel()
	s := metadtest.New(t, self())
	c := client(t, metad.Options{Nodes: []string{s.Addr(), testneed.FreeAddr(t)}})
	for range 4 { // from whichever node it starts
		if _, err := c.Read(t.Context(), "/clusters/none"); !errors.Is(err, metad.ErrAbsent) {
			t.Errorf("Read of nothing: %v", err)
		}
	}
}

func TestNodesInTurn(t *testing.T) {
	t.Parallel()
	good, broken := metadtest.New(t, self()), metadtest.New(t, self())
	broken.Fault(metadtest.Status(500), nil)
	c := client(t, metad.Options{Nodes: []string{testneed.FreeAddr(t), broken.Addr(), good.Addr()}})
	for range 5 {
		if _, err := c.Read(t.Context(), "/self"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(broken.Requests()); n > 1 {
		t.Errorf("a broken node was asked %d times: the client does not stay with the good one", n)
	}
	good.Stop()
	_, err := c.Read(t.Context(), "/self")
	var away *metad.UnavailableError
	if !errors.As(err, &away) || len(away.Nodes) != 3 {
		t.Errorf("all down: %v", err)
	}
	broken.Fault(nil, nil)
	if _, err := c.Read(t.Context(), "/self"); err != nil {
		t.Errorf("one has recovered: %v", err)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	s := metadtest.New(t, self())
	c := client(t, metad.Options{Nodes: []string{s.Addr()}})
	doc, err := c.Read(t.Context(), "/self")
	if err != nil || doc.Version != "10" {
		t.Fatalf("Read: %+v, %v", doc, err)
	}
	done := make(chan error)
	go func() { done <- c.Wait(t.Context(), doc) }()
	select {
	case err := <-done:
		t.Fatalf("the wait was not held: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	s.Set("/env/a", "2")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context(), doc); err != nil { // the version is an old one now: at once
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	doc, _ = c.Read(ctx, "/self")
	go func() { done <- c.Wait(ctx, doc) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled wait: %v", err)
	}
}

// A wait that came to nothing tells: something may have been missed.
func TestWaitFaults(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{"404": metadtest.Status(404), "500": metadtest.Status(500), "cut": metadtest.Cut} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := metadtest.New(t, self())
			c := client(t, metad.Options{Nodes: []string{s.Addr()}})
			doc, err := c.Read(t.Context(), "/self")
			if err != nil {
				t.Fatal(err)
			}
			s.Fault(nil, h)
			var ne *metad.NodeError
			if err := c.Wait(t.Context(), doc); !errors.As(err, &ne) {
				t.Errorf("Wait = %v; want a NodeError", err)
			}
		})
	}
}

// A server that forgets a wait, or a connection that died unnoticed, must not
// hide changes for ever.
func TestWaitIsBounded(t *testing.T) {
	t.Parallel()
	s := metadtest.New(t, self())
	c := client(t, metad.Options{Nodes: []string{s.Addr()}, HoldTimeout: 100 * time.Millisecond})
	doc, err := c.Read(t.Context(), "/self")
	if err != nil {
		t.Fatal(err)
	}
	s.Fault(nil, metadtest.Hang)
	start := time.Now()
	if err := c.Wait(t.Context(), doc); err != nil || time.Since(start) > 2*time.Second {
		t.Errorf("Wait = %v after %v", err, time.Since(start))
	}
}

// The wait goes to the node that the version is from.
func TestWaitStaysWithItsNode(t *testing.T) {
	t.Parallel()
	a, b := metadtest.New(t, self()), metadtest.New(t, self())
	c := client(t, metad.Options{Nodes: []string{a.Addr(), b.Addr()}})
	doc, err := c.Read(t.Context(), "/self")
	if err != nil {
		t.Fatal(err)
	}
	used, other := a, b
	if len(b.Requests()) > 0 {
		used, other = b, a
	}
	used.Stop()
	if _, err := c.Read(t.Context(), "/self"); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context(), doc); err == nil {
		t.Error("the wait was answered, though its node is down")
	}
	if n := len(other.Requests()); n != 1 {
		t.Errorf("the other node has %d requests; want the read alone", n)
	}
}

func TestWaitQuery(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"/self":          "/self?wait=true&prev_version=7",
		"/":              "/?wait=true&prev_version=7",
		"/a?x=1":         "/a?x=1&wait=true&prev_version=7",
		"/a#frag":        "/a?wait=true&prev_version=7",
		"/a b/\u4e2d%41": "/a%20b/%E4%B8%ADA?wait=true&prev_version=7",
	}
	for path, want := range tests {
		got := make(chan string, 2)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Metad-Version", "7")
			_, _ = w.Write([]byte(`{"a":"1"}`))
			got <- r.URL.RequestURI()
		}))
		c := client(t, metad.Options{Nodes: []string{s.URL}})
		doc, err := c.Read(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
		<-got
		if uri := <-got; uri != want {
			t.Errorf("waiting on %q asks for %q; want %q", path, uri, want)
		}
		s.Close()
	}
}

func TestNodes(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"metadata", "metadata:80", "10.0.0.1:80", "[::1]:80", "http://h:1/", "https://h", " h:1 "} {
		if _, err := metad.New(metad.Options{Nodes: []string{good}}); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", ":80", "ftp://h", "http://h/path", "h:port", "u@h", "h?x=1", "a b"} {
		if _, err := metad.New(metad.Options{Nodes: []string{"good:80", bad}}); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
	if _, err := metad.New(metad.Options{}); err == nil {
		t.Error("a client of no nodes")
	}
}

// Whatever a server sends, a client gets an error or a value; and a wait ends.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nX-Metad-Version: 3\r\nContent-Length: 13\r\n\r\n{\"env\":{\"a\":1",
		"HTTP/1.1 200 OK\r\nX-Metad-Version: 3\r\nContent-Length: 9\r\n\r\n{\"a\":\"1\"}",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
		"HTTP/1.1 301 Moved\r\nLocation: /self\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "", "garbage", "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("[", 20000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Skip(err)
		}
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = conn.Write(raw)
				_ = conn.Close()
			}
		}()
		c, err := metad.New(metad.Options{Nodes: []string{l.Addr().String()}, ReadTimeout: 2 * time.Second, HoldTimeout: time.Second, MaxAnswer: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Get(t.Context(), "/self")
		doc, err := c.Read(t.Context(), "/self")
		if err != nil {
			doc = &metad.Document{Version: "1"}
		}
		_ = c.Wait(t.Context(), doc)
	})
}
