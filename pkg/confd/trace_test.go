package confd_test

import (
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/confd"
)

func TestTraceLeadsBack(t *testing.T) {
	text := "# head\n{{- range lsdir \"/hosts\"}}\nserver={{getv (printf \"/hosts/%s/ip\" .)}}:80\n{{- end}}\n" +
		"{{define \"dir\"}}\ndataDir=/data\n{{end}}{{template \"dir\"}}\n{{getv \"/env/port\"}} end\n"
	tmpl, err := confd.ParseTemplate("a.tmpl", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{
		"hosts": map[string]any{"i-1": map[string]any{"ip": "10.0.0.1"}, "i-2": map[string]any{"ip": "10.0.0.2"}},
		"env":   map[string]any{"port": "7"},
	}
	store, err := confd.LoadStore(t.Context(), confd.TreeSource("/self", doc), "/self", []string{"/"})
	if err != nil {
		t.Fatal(err)
	}
	trace, err := tmpl.Trace(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	var plain strings.Builder
	if err := tmpl.Render(&plain, store); err != nil {
		t.Fatal(err)
	}
	if plain.String() != string(trace.Output) {
		t.Fatalf("traced:\n%s\nrendered:\n%s", trace.Output, plain.String())
	}
	for _, c := range []struct {
		find string
		want string
	}{
		{"# head", "a.tmpl:1:1"},
		{"server=10.0.0.1", "a.tmpl:3:1"},
		{"server=10.0.0.2", "a.tmpl:3:1"},
		{"10.0.0.2", "a.tmpl:3:10"},
		{":80\nserver=10.0.0.2", "a.tmpl:3:42"},
		{"/data", "a.tmpl:6:9"},
		{"7 end", "a.tmpl:8:3"},
		{" end", "a.tmpl:8:21"},
	} {
		i := strings.Index(plain.String(), c.find)
		if got := trace.Pos(i).String(); got != c.want {
			t.Errorf("%q comes from %s, want %s", c.find, got, c.want)
		}
	}
}
