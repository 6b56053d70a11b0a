package fetch_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/kvm/fetch"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"a": "one\n", "sub/b c": "=file= 3 x\n\x00two", "sub/empty": "", "large": string(make([]byte, fetch.MaxSize+1))}
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("sub", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, shell := range [][]string{nil, {testneed.Tool(t, "busybox"), "sh"}} {
		got, err := fetch.Files(t.Context(), &kvmtest.Local{Shell: shell}, filepath.Join(dir, "a"), filepath.Join(dir, "link"), filepath.Join(dir, "none"), filepath.Join(dir, "large"))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"a": files["a"], "link/b c": files["sub/b c"], "link/empty": ""}
		if len(got) != len(want) {
			t.Errorf("%q: %d files", shell, len(got))
		}
		for name, text := range want {
			if data, ok := got[filepath.Join(dir, name)]; !ok || string(data) != text {
				t.Errorf("%q: %s: %q, %v", shell, name, data, ok)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("=file= 3 /a b\nabc\n=end=\n"))
	f.Add([]byte("=file= -1 /a\n\n=end=\n"))
	f.Add([]byte("=file= 9223372036854775807 /a\nabc\n=end=\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := fetch.Parse(data)
		if err == nil && files == nil {
			t.Error("neither files nor an error")
		}
	})
}
