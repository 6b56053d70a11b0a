package agent_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
)

func TestSources(t *testing.T) {
	var packed bytes.Buffer
	if err := agent.New("x", "amd64", elfFor(x86)).WriteArchive(&packed); err != nil {
		t.Fatal(err)
	}
	served, asked, status := packed.Bytes(), 0, http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(status)
		_, _ = w.Write(served)
	}))
	defer server.Close()
	url := server.URL + "/app-agent-linux-amd64.tar.gz"
	var notes []string
	s := agent.Sources{Cache: filepath.Join(t.TempDir(), "cache"), Note: func(text string) { notes = append(notes, text) }}
	load := func(source string) error {
		_, err := s.Load(t.Context(), source, "amd64")
		return err
	}

	for range 2 {
		if err := load(url); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 || len(notes) != 1 || !strings.Contains(notes[0], "sha256") {
		t.Errorf("asked %d times, notes %q", asked, notes)
	}
	sum := notes[0][strings.LastIndex(notes[0], " ")+1:]
	if err := load(url + "#sha256=" + strings.ToUpper(sum)); err != nil || asked != 1 {
		t.Errorf("the right pin: %v, asked %d times", err, asked)
	}
	if err := load(url + "#sha256=" + strings.Repeat("0", 64)); err == nil || !strings.Contains(err.Error(), "is wanted") {
		t.Errorf("a wrong pin: %v", err)
	}

	// Another file than the first time is refused.
	if err := os.RemoveAll(filepath.Join(s.Cache, firstFile(t, s.Cache, ".tar.gz"))); err != nil {
		t.Fatal(err)
	}
	served = append(bytes.Clone(served), 0)
	if err := load(url); err == nil || len(diag.Hints(err)) == 0 {
		t.Errorf("another file: %v", err)
	}
	status = http.StatusNotFound
	if err := load(url + "x"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("not there: %v", err)
	}
	if err := load("ftp://x/y"); err == nil {
		t.Error("ftp is no error")
	}
	file := filepath.Join(t.TempDir(), "bundle.tar.gz")
	if err := os.WriteFile(file, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := load(file); err != nil {
		t.Error(err)
	}
}

func firstFile(t *testing.T, dir, suffix string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	return filepath.Base(files[0])
}
