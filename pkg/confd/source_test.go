package confd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/confd"
)

func TestTreeSource(t *testing.T) {
	src := confd.TreeSource("/self/", map[string]any{"env": map[string]any{"a b": "1", "n": nil, "z": 0.0}, "e": map[string]any{}, "l": []any{}})
	for path, want := range map[string]any{
		"/self/env/a%20b":   "1",
		"/self/env/a b?x=1": "1",
		"/self//env/z#frag": 0.0,
		"/self/env/n":       nil,
		"/self/env/n/x":     confd.NotFound(),
		"/self/e":           confd.NotFound(),
		"/self/l":           confd.NotFound(),
		"/other":            confd.NotFound(),
		"/self/env/a%20b/x": confd.NotFound(),
	} {
		if got, err := src.Get(context.Background(), path); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, %v, want %v", path, got, err, want)
		}
	}
	if root, err := src.Get(context.Background(), "/"); err != nil || len(root.(map[string]any)) != 1 {
		t.Errorf("/: got %v, %v", root, err)
	}
	if _, err := src.Get(context.Background(), "/self/%zz"); err == nil {
		t.Error("a bad escape passed")
	}
	if got, _ := confd.TreeSource("/", "leaf").Get(context.Background(), "/"); got != "leaf" {
		t.Errorf("got %v", got)
	}
}

type sourceFunc func(path string) (any, error)

func (f sourceFunc) Get(_ context.Context, path string) (any, error) { return f(path) }

func TestLoadStore(t *testing.T) {
	var asked []string
	src := sourceFunc(func(path string) (any, error) {
		asked = append(asked, path)
		return map[string]any{"x": json.Number("1e3"), "..": "up", "": true, "i": 5}, nil
	})
	s, err := confd.LoadStore(context.Background(), src, "p//q/", []string{"/a?b", "../r", ""})
	mustDo(t, err)
	if want := []string{"/p/q/a?b", "/p/r", "/p/q"}; !reflect.DeepEqual(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	var got []string
	for kv := range s.All() {
		got = append(got, kv.Key+"="+kv.Value)
	}
	want := []string{"/=up", "/a?b=true", "/a?b/i=5", "/a?b/x=1000", "/i=5", "/p=up", "/p/r=true", "/p/r/i=5", "/p/r/x=1000", "/x=1000"}
	if !reflect.DeepEqual(got, want) || s.Len() != len(want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	again, err := confd.LoadStore(context.Background(), src, "/p/q", []string{"/a?b", "../r", ""})
	mustDo(t, err)
	other, err := confd.LoadStore(context.Background(), src, "/p/q", nil)
	mustDo(t, err)
	if !s.Equal(again) || s.Equal(other) || other.Len() != 0 {
		t.Error("Equal")
	}
}

func TestLoadStoreFaults(t *testing.T) {
	why := errors.New("down")
	_, err := confd.LoadStore(context.Background(), sourceFunc(func(string) (any, error) { return nil, why }), "/self", []string{"/a"})
	if !errors.Is(err, why) || !strings.Contains(err.Error(), `fetching "/self/a"`) {
		t.Errorf("got %v", err)
	}
	for _, name := range []any{nil, 5.0, true, map[string]any{}} {
		src := confd.TreeSource("/self", []any{map[string]any{"name": name}})
		if _, err := confd.LoadStore(context.Background(), src, "/self", []string{"/"}); err == nil {
			t.Errorf("an element called %v passed", name)
		}
	}
}

func BenchmarkLoadStore(b *testing.B) {
	src := confd.TreeSource("/self", hundredNodes())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := confd.LoadStore(context.Background(), src, "/self", []string{"/"}); err != nil {
			b.Fatal(err)
		}
	}
}

// hundredNodes is the tree of a cluster of that size.
func hundredNodes() map[string]any {
	hosts := map[string]any{}
	for i := range 100 {
		host := map[string]any{"ip": fmt.Sprintf("10.0.0.%d", i), "sid": fmt.Sprint(i), "role": "node"}
		for _, k := range strings.Fields("eip mac gid gsid node_id instance_id cpu gpu memory volume_size instance_class physical_machine") {
			host[k] = "value of " + k
		}
		hosts[fmt.Sprintf("i-%08d", i)] = host
	}
	return map[string]any{"hosts": hosts, "env": map[string]any{"port": "2181"}}
}

func BenchmarkRender(b *testing.B) {
	s := store(b, hundredNodes())
	tmpl, err := confd.ParseTemplate("t", `{{range $n := ls "/hosts"}}server.{{getv (printf "/hosts/%s/sid" $n)}}={{getv (printf "/hosts/%s/ip" $n)}}:{{getv "/env/port"}}
{{end}}{{range getvs "/hosts/*/ip"}}{{.}},{{end}}`, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := tmpl.Render(discard{}, s); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
