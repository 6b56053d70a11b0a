package daemon

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/appimg/appimg/pkg/confd"
)

func doc(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// asked is a source that answers every path with itself, and counts.
type asked map[string]int

func (a asked) Get(_ context.Context, path string) (any, error) {
	a[path]++
	return "asked for " + path, nil
}

func TestSnapshotAnswersAsAServer(t *testing.T) {
	t.Parallel()
	const text = `{"env":{"a":"1","n":{}},"hosts":{"i-1":{"ip":"10.0.0.1"}},"list":["x"],"l":"leaf"}`
	tests := []struct {
		prefix, path string
		want         string // JSON, or the path that a server is asked for
		remote       bool
	}{
		{"/self", "/self", text, false},
		{"/self", "/self/env/a", `"1"`, false},
		{"/self", "/self/hosts", `{"i-1":{"ip":"10.0.0.1"}}`, false},
		{"/self", "/self/none", `{"code":404,"message":"Not found","type":"ERROR"}`, false},
		{"/self", "/self/l/below", `{"code":404,"message":"Not found","type":"ERROR"}`, false},
		{"/self", "/self/list/0", `{"code":404,"message":"Not found","type":"ERROR"}`, false},
		{"/", "/env/a", `"1"`, false},
		{"/", "/", text, false},
		{"/self", "/self/env/n", "", true},
		{"/self", "/self/env?x=1", "", true},
		{"/self", "/self/env#f", "", true},
		{"/self", "/self/%65nv", "", true},
		{"/self", "/selfish", "", true},
		{"/self", "/clusters/cl-1", "", true},
		{"/self", "/self/a\tb", "", true},
	}
	for _, tt := range tests {
		server := asked{}
		s := newSnapshot(tt.prefix, doc(t, text), server)
		got, err := s.Get(t.Context(), tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if tt.remote {
			if _, err := s.Get(t.Context(), tt.path); err != nil || server[tt.path] != 1 {
				t.Errorf("%s: the server was asked %d times; want once", tt.path, server[tt.path])
			}
			continue
		}
		if want := doc(t, tt.want); !reflect.DeepEqual(got, want) || len(server) > 0 {
			t.Errorf("%s of %s = %v (asked %v); want %v", tt.path, tt.prefix, got, server, want)
		}
	}
}

func TestShareKeepsWhatIsTheSame(t *testing.T) {
	t.Parallel()
	before := doc(t, `{"a":{"x":"1","y":["1","2"]},"b":{"c":{"d":"1"}},"l":[{"k":"v"},"s"]}`)
	same := share(before, doc(t, `{"l":[{"k":"v"},"s"],"b":{"c":{"d":"1"}},"a":{"y":["1","2"],"x":"1"}}`))
	if !identical(same, before) {
		t.Error("an equal value is another one")
	}
	now := share(before, doc(t, `{"a":{"x":"1","y":["1","2"]},"b":{"c":{"d":"2"}},"l":[{"k":"v"},"s"],"new":null}`))
	if identical(now, before) {
		t.Fatal("a change is lost")
	}
	if !reflect.DeepEqual(now, doc(t, `{"a":{"x":"1","y":["1","2"]},"b":{"c":{"d":"2"}},"l":[{"k":"v"},"s"],"new":null}`)) {
		t.Errorf("sharing changed the value: %v", now)
	}
	b, n := before.(map[string]any), now.(map[string]any)
	for key, want := range map[string]bool{"a": true, "l": true, "b": false} {
		if identical(b[key], n[key]) != want {
			t.Errorf("%q shared: %v; want %v", key, !want, want)
		}
	}
	for _, pair := range [][2]string{{`{}`, `[]`}, {`"1"`, `1`}, {`null`, `{}`}, {`{"a":"1"}`, `"a"`}, {`[1]`, `[1,2]`}, {`{"a":1,"b":2}`, `{"a":1}`}} {
		if x, y := doc(t, pair[0]), doc(t, pair[1]); identical(share(x, y), x) || identical(share(y, x), y) {
			t.Errorf("%s and %s are taken for the same", pair[0], pair[1])
		}
	}
}

func TestViewsCompareWhatWasRead(t *testing.T) {
	t.Parallel()
	a := doc(t, `{"x":"1"}`)
	tests := []struct {
		v, w view
		want bool
	}{
		{view{}, nil, true},
		{view{a}, view{a}, true},
		{view{confd.NotFound()}, view{confd.NotFound()}, true},
		{view{a}, view{doc(t, `{"x":"2"}`)}, false},
		{view{a}, view{a, a}, false},
		{view{"s"}, view{a}, false},
	}
	for i, tt := range tests {
		if got := tt.v.equal(tt.w); got != tt.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}

func TestHasValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{`{}`: false, `{"self":{}}`: false, `[]`: false, `[{},[]]`: false, `{"a":[{"b":""}]}`: true, `""`: true, `null`: false, `0`: true} {
		if hasValue(doc(t, text)) != want {
			t.Errorf("hasValue(%s) = %v", text, !want)
		}
	}
}
