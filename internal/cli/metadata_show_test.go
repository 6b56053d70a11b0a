package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMetadataShowExitCodes(t *testing.T) {
	dir := t.TempDir()
	app := filepath.Join(dir, "cluster.json.mustache")
	if err := os.WriteFile(app, []byte(`{"nodes": [{"role": "a", "count": 1}, {"role": "b", "count": 0}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]int{
		"":                             exitOK,
		"--node a/1 host/ip":           exitOK,
		"--node b/1":                   exitUsage,
		"--node b/1 --count b=1":       exitOK,
		"--count 2":                    exitUsage,
		"--count a=x":                  exitUsage,
		"--count a=0":                  exitUsage,
		"--count a=99999":              exitUsage,
		"--set x=1":                    exitUsage,
		"--set x":                      exitUsage,
		"--format toml":                exitUsage,
		"--node a/1 nothing":           exitUsage,
		"one two":                      exitUsage,
		"-C " + dir + "/nothing-there": exitUsage,
	} {
		var out, errs bytes.Buffer
		argv := append([]string{"metadata", "show", "-C", dir}, strings.Fields(args)...)
		if got := Run(t.Context(), argv, Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, Build{}); got != want {
			t.Errorf("%s: exit code %d, want %d\n%s", args, got, want, errs.String())
		}
		if want != exitOK && out.Len() > 0 {
			t.Errorf("%s: stdout has %q", args, out.String())
		}
	}
}
