package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/scaffold"
)

func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	put := func(name, text string) {
		t.Helper()
		if err := replaceFile(name, 0o644, bytesTo([]byte(text))); err != nil {
			t.Fatal(err)
		}
	}
	is := func(name, want string) {
		t.Helper()
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	put(file, "one")
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	put(link, "two")
	is(file, "two")
	if target, err := os.Readlink(link); err != nil || target != "file" {
		t.Errorf("the link is gone: %q, %v", target, err)
	}
	failed := errors.New("no")
	if err := replaceFile(file, 0o644, func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return failed
	}); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	is(file, "two")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFree(t *testing.T) {
	dir := t.TempDir()
	file, nowhere := filepath.Join(dir, "file"), filepath.Join(dir, "nowhere")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nothing", nowhere); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		force bool
		want  string
	}{
		{filepath.Join(dir, "new"), false, ""}, {file, true, ""}, {nowhere, true, ""},
		{file, false, "already exists"}, {nowhere, false, "already exists"},
		{dir, false, "it is a folder"}, {dir, true, "it is a folder"},
	} {
		err := free(c.name, c.force)
		if got := err == nil; got != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, force %v: %v", c.name, c.force, err)
		}
		if exists := errors.Is(err, scaffold.ErrExists); exists != (c.want == "already exists") {
			t.Errorf("%s, force %v: %v", c.name, c.force, err)
		}
	}
}
