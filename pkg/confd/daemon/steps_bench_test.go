package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/appimg/appimg/pkg/confd"
)

// BenchmarkRun is one resource of a 20-node cluster that changes: read,
// rendered, staged and swapped.
func BenchmarkRun(b *testing.B) {
	dir := b.TempDir()
	for _, d := range []string{"templates", "out"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "templates/t.tmpl"), []byte(`a={{getv "/env/a"}}`), 0o600); err != nil {
		b.Fatal(err)
	}
	a := &confd.Applier{ConfDir: dir, Machine: confd.LocalMachine()}
	s := &steps{check: a, reload: a, log: quiet(), slots: make(chan struct{}, 2)}
	r := &confd.Resource{File: "t.toml", Src: "t.tmpl", Dest: filepath.Join(dir, "out/t"), Keys: []string{"/"}, UID: -1, GID: -1}
	hosts := map[string]any{}
	for i := range 20 {
		h := map[string]any{}
		for k := range 10 {
			h[fmt.Sprint("key", k)] = fmt.Sprint("value", i, k)
		}
		hosts[fmt.Sprint("i-", i)] = h
	}
	t, err := a.Template(r)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		doc := map[string]any{"hosts": hosts, "env": map[string]any{"a": fmt.Sprint(i)}}
		snap := newSnapshot("/", doc, nil)
		in := input{
			store:    func(ctx context.Context) (*confd.Store, error) { return snap.store(ctx, r.Keys) },
			template: func() (*confd.Template, error) { return t, nil },
		}
		if _, err := s.run(b.Context(), r, in, true, false); err != nil {
			b.Fatal(err)
		}
	}
}
