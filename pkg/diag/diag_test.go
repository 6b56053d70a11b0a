package diag_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"reflect"
	"syscall"
	"testing"

	"github.com/appimg/appimg/pkg/diag"
)

func TestAt(t *testing.T) {
	text := "ab\n日本x\n"
	for _, c := range []struct {
		offset int
		want   string
	}{
		{-1, "f:1:1"}, {0, "f:1:1"}, {2, "f:1:3"}, {3, "f:2:1"}, {9, "f:2:3"}, {11, "f:3:1"}, {99, "f:3:1"},
	} {
		if got := diag.At("f", text, c.offset).String(); got != c.want {
			t.Errorf("At(%d) = %s, want %s", c.offset, got, c.want)
		}
	}
}

func TestErrorGrammar(t *testing.T) {
	why := errors.New("why")
	err := error(&diag.Error{Op: `reading "x"`, Pos: diag.Pos{File: "x", Line: 3, Col: 4}, Err: why})
	if got, want := err.Error(), `reading "x": x:3:4: why`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, why) {
		t.Error("the reason is lost")
	}
	wrapped := fmt.Errorf("opening: %w", diag.WithHint(err, "do %s", "this"))
	if got := diag.PosOf(wrapped); got.Line != 3 {
		t.Errorf("PosOf = %v", got)
	}
	both := errors.Join(wrapped, diag.WithHint(why, "do that"), diag.WithHint(why, "do this"))
	if got := diag.Hints(both); !reflect.DeepEqual(got, []string{"do this", "do that"}) {
		t.Errorf("Hints = %q", got)
	}
	if diag.WithHint(nil, "x") != nil {
		t.Error("a hint made an error of nil")
	}
}

func TestNearest(t *testing.T) {
	words := []string{"toUpper", "toLower", "getv", "gets", "get", "join"}
	for name, want := range map[string][]string{
		"toUper": {"toUpper"}, "getvs": {"gets", "getv"}, "qqqqqq": nil, "jion": {"join"},
		"dev": nil, "x": nil, "gt": {"get"},
	} {
		got := diag.Nearest(name, words, 2)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestMeant(t *testing.T) {
	for name, want := range map[string]string{
		"jion": "join", "gett": "", "qqqqqq": "", "cluster.node.cpuu": "cluster.node.cpu", "join": "",
	} {
		if got := diag.Meant(name, []string{"join", "get", "gets", "cluster.node.cpu", "cluster.node.count", "join"}); got != want {
			t.Errorf("Meant(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	why := errors.New("why")
	for name, want := range map[string][]string{
		"jion": {`did you mean "join"?`}, "gett": {`did you mean "get" or "gets"?`}, "qqqqqq": {"look around"},
	} {
		err := diag.DidYouMean(why, name, []string{"join", "get", "gets"}, "look around")
		if got := diag.Hints(err); !errors.Is(err, why) || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q", name, got)
		}
	}
	if got := diag.Hints(diag.DidYouMean(why, "empty", []string{"volume-of-no-use", "empty-volume"}, "")); !reflect.DeepEqual(got, []string{`did you mean "empty-volume"?`}) {
		t.Errorf("cut short: %q", got)
	}
	if err := diag.DidYouMean(why, "qqqqqq", nil, ""); err != why {
		t.Errorf("got %v", err)
	}
}

func TestReason(t *testing.T) {
	_, missing := os.ReadFile("no/such")
	dial := &url.Error{Op: "Get", URL: "http://h/", Err: &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}
	lookup := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "h", Server: "192.0.2.1:53"}}
	mine := fmt.Errorf("line 3: %w", missing)
	for _, c := range []struct {
		err  error
		want string
	}{
		{missing, "no such file or directory"}, {dial, "connection refused"}, {lookup, "no such host"}, {mine, mine.Error()},
	} {
		got := diag.Reason(c.err)
		if got.Error() != c.want || !errors.Is(got, c.err) {
			t.Errorf("Reason(%v) = %v, want %s around it", c.err, got, c.want)
		}
	}
	if !errors.Is(diag.Reason(missing), fs.ErrNotExist) {
		t.Error("the chain is cut")
	}
	if diag.Reason(nil) != nil {
		t.Error("a reason of nothing")
	}
}
