package confd_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/confd"
)

func addFiles(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || files == nil {
		f.Fatal("no seeds", pattern, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// Whatever a toml has, there is a resource or a fault in the file.
func FuzzResource(f *testing.F) {
	addFiles(f, "testdata/vectors/resource/*/case.toml")
	f.Add([]byte(sampleTOML))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := confd.ParseResource("a.toml", data)
		if (r == nil) == (err == nil) {
			t.Fatalf("got %v, %v", r, err)
		}
		if err != nil {
			if !strings.Contains(err.Error(), "a.toml") {
				t.Errorf("%v has no place", err)
			}
			return
		}
		if r.Src == "" || r.Pos("src").Line == 0 {
			t.Errorf("got %+v", r)
		}
		_, _ = r.FileMode()
	})
}

// quietMachine answers at once and always the same.
type quietMachine struct{ fakeMachine }

func (*quietMachine) FileExists(string) bool { return false }

// Whatever a template has, it ends, within bounds, and a fault has its place.
func FuzzTemplate(f *testing.F) {
	addFiles(f, "testdata/vectors/*/*/case.tmpl")
	f.Add([]byte(`{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`))
	f.Add([]byte(`{{$x := "a"}}{{range 99999999}}{{$x = printf "%s%s" $x $x}}{{end}}`))
	s := store(f, map[string]any{
		"hosts": map[string]any{"i-1": map[string]any{"ip": "10.0.0.1", "sid": "1"}, "i-2": map[string]any{"ip": "10.0.0.2", "sid": "2"}},
		"env":   map[string]any{"a": "1", "json": `{"a":[1,{"b":null}]}`, "text": "a,b"},
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		tmpl, err := confd.ParseTemplate("t.tmpl", string(data), &quietMachine{})
		if err == nil {
			tmpl.Reads()
			ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
			defer cancel()
			start := time.Now()
			err = tmpl.RenderContext(ctx, io.Discard, s)
			if d := time.Since(start); d > 8*time.Second {
				t.Errorf("took %v", d)
			}
		}
		var te *confd.TemplateError
		if err != nil && (!errors.As(err, &te) || te.Pos.File != "t.tmpl") {
			t.Errorf("%v has no place", err)
		}
	})
}

// Whatever metadata is, the functions get along with it.
func FuzzMetadata(f *testing.F) {
	addFiles(f, "testdata/vectors/client-walk/*/metadata.json")
	addFiles(f, "testdata/vectors/cluster/zk-*/metadata.json")
	tmpl, err := confd.ParseTemplate("t", `{{range gets "/*"}}{{.Key}}{{ls .Key}}{{lsdir .Key}}{{getv .Key}}{{exists (dir .Key)}}{{end}}
{{range gets "/*/*"}}{{ls .Key}}{{ls (dir .Key)}}{{lsdir (dir .Key)}}{{eq .Value "1"}}{{gt .Value 1}}{{toYaml .}}{{base64Encode .Value}}{{end}}
{{getvs "/*/*/*" | filter "a"}}{{toJson (gets "/*/*/*")}}{{toYaml (gets "/*/*/*/*")}}{{len (ls "/")}}`, &quietMachine{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var doc any
		if json.Unmarshal(data, &doc) != nil {
			return
		}
		s, err := confd.LoadStore(context.Background(), confd.TreeSource("/self", doc), "/self", []string{"/", "a", "../b"})
		if err != nil {
			return
		}
		for kv := range s.All() {
			if !strings.HasPrefix(kv.Key, "/") || kv.Key != "/" && filepath.Clean(kv.Key) != kv.Key {
				t.Errorf("key %q", kv.Key)
			}
		}
		if err := tmpl.Render(io.Discard, s); err != nil {
			t.Errorf("%q: %v", data, err)
		}
	})
}
