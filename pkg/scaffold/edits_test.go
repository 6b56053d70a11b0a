package scaffold_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/scaffold"
)

// tree is every file below dir with its text and mode, and every folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		out[rel] = info.Mode().String()
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(p)
			out[rel] += " " + string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, file, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestApply(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), "old\n", 0o600)
	write(t, filepath.Join(dir, "same"), "same\n", 0o644)
	edits := scaffold.Edits{
		{Path: "f", Exists: true, Old: []byte("old\n"), New: []byte("new\n"), Mode: 0o600},
		{Path: "same", Exists: true, Old: []byte("same\n"), New: []byte("same\n"), Mode: 0o644},
		{Path: "d/e/g", New: []byte("g\n"), Mode: 0o755},
	}
	if want := "--- /dev/null\n+++ b/d/e/g\n@@ -0,0 +1 @@\n+g\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-old\n+new\n"; edits.Diff() != want {
		t.Errorf("diff is\n%s", edits.Diff())
	}
	if err := edits.Apply(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{".": "drwxr-xr-x", "d": "drwxr-xr-x", "d/e": "drwxr-xr-x", "d/e/g": "-rwxr-xr-x g\n", "f": "-rw------- new\n", "same": "-rw-r--r-- same\n"}
	got := tree(t, dir)
	got["."] = "drwxr-xr-x" // the test's own folder
	if !maps.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// Whatever goes wrong, at whichever file: nothing has changed.
func TestApplyIsAllOrNothing(t *testing.T) {
	good := scaffold.Edit{Path: "f", Exists: true, Old: []byte("old\n"), New: []byte("new\n"), Mode: 0o600}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name  string
		ctx   context.Context
		edits scaffold.Edits
		want  string
	}{
		{"a file in the way of a folder", t.Context(), scaffold.Edits{good, {Path: "g", New: []byte("g"), Mode: 0o644}, {Path: "g/h", New: []byte("h"), Mode: 0o644}}, `writing "g"`},
		{"a folder in the way of a file", t.Context(), scaffold.Edits{good, {Path: "d", New: []byte("d"), Mode: 0o644}}, `writing "d"`},
		{"changed meanwhile", t.Context(), scaffold.Edits{{Path: "new", New: []byte("n"), Mode: 0o644}, {Path: "f", Exists: true, Old: []byte("older\n"), New: []byte("x"), Mode: 0o644}}, "has changed meanwhile"},
		{"made meanwhile", t.Context(), scaffold.Edits{{Path: "new/x", New: []byte("n"), Mode: 0o644}, {Path: "f", New: []byte("x"), Mode: 0o644}}, "already exists"},
		{"interrupted", canceled, scaffold.Edits{good}, "canceled"},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "f"), "old\n", 0o600)
		if err := os.Mkdir(filepath.Join(dir, "d"), 0o755); err != nil {
			t.Fatal(err)
		}
		before := tree(t, dir)
		err := c.edits.Apply(c.ctx, dir)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if after := tree(t, dir); !maps.Equal(before, after) {
			t.Errorf("%s: left %q", c.name, slices.Sorted(maps.Keys(after)))
		}
	}
}

func TestCreate(t *testing.T) {
	files := []scaffold.File{{Path: "a/b", Mode: 0o755, Data: []byte("b")}, {Path: "c", Mode: 0o644, Data: []byte("c")}}
	parent := t.TempDir()
	dir := filepath.Join(parent, "x", "y")
	if err := scaffold.Create(t.Context(), dir, files, false); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{".": "drwxr-xr-x", "a": "drwxr-xr-x", "a/b": "-rwxr-xr-x b", "c": "-rw-r--r-- c"}
	if got := tree(t, dir); !maps.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if err := scaffold.Create(t.Context(), dir, files, false); !errors.Is(err, scaffold.ErrExists) {
		t.Errorf("a second time: %v", err)
	}
	write(t, filepath.Join(dir, "mine"), "mine", 0o644)
	write(t, filepath.Join(dir, "c"), "changed", 0o644)
	if err := scaffold.Create(t.Context(), dir, files, true); err != nil {
		t.Fatal(err)
	}
	want["mine"] = "-rw-r--r-- mine"
	if got := tree(t, dir); !maps.Equal(got, want) {
		t.Errorf("forced: got %q", got)
	}
}

// An empty folder that is there stays the same folder: it may be someone's
// working directory.
func TestCreateInAnEmptyFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	before, err := os.Stat(".")
	if err != nil {
		t.Fatal(err)
	}
	if err := scaffold.Create(t.Context(), ".", []scaffold.File{{Path: "a/b", Mode: 0o755, Data: []byte("b")}}, false); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat("."); err != nil || !os.SameFile(before, after) {
		t.Error("the folder is another one")
	}
	if data, err := os.ReadFile("a/b"); err != nil || string(data) != "b" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestCreateLeavesNothingBehind(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		files []scaffold.File
	}{
		"interrupted":        {canceled, []scaffold.File{{Path: "a", Mode: 0o644}}},
		"a file is a folder": {t.Context(), []scaffold.File{{Path: "a", Mode: 0o644}, {Path: "a/b", Mode: 0o644}}},
	} {
		parent := t.TempDir()
		if err := scaffold.Create(c.ctx, filepath.Join(parent, "x"), c.files, false); err == nil {
			t.Errorf("%s: no error", name)
		}
		if left, _ := os.ReadDir(parent); len(left) != 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}
