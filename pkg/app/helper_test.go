package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
)

// in makes the files of a txtar archive in a new folder and goes there.
func in(t *testing.T, archive string) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	t.Chdir(dir)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) *app.App {
	t.Helper()
	a, err := app.Open(t.Context(), dir, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func expand(t *testing.T, set map[string]string) *app.Spec {
	t.Helper()
	spec, err := open(t, ".").Expand(set)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// wantError wants err to say all of parts, hints included.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", parts)
	}
	text := err.Error() + "\nhint: " + strings.Join(diag.Hints(err), "\nhint: ")
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("got  %s\nwant %s", text, part)
		}
	}
}

// small is an app with one unnamed role.
const small = `
-- app/config.json --
{"type": "array", "properties": [
  {"key": "cluster", "type": "array", "properties": [
    {"key": "name", "type": "string", "default": "small"},
    {"key": "description", "type": "string", "default": ""},
    {"key": "vxnet", "type": "vxnet", "required": "yes"},
    {"key": "node", "type": "array", "properties": [
      {"key": "cpu", "type": "integer", "default": 2},
      {"key": "memory", "type": "integer", "default": 2048},
      {"key": "count", "type": "integer", "default": 3}]}]},
  {"key": "env", "type": "array", "properties": [
    {"key": "port", "type": "integer", "default": 6379},
    {"key": "web.console.enabled", "type": "boolean", "default": true},
    {"key": "password", "type": "password", "required": "yes"}]}]}
-- app/cluster.json.mustache --
{
  "name": {{cluster.name}},
  "description": {{cluster.description}},
  "vxnet": {{cluster.vxnet}},
  "nodes": [{
    "container": {"type": "docker", "image": "small:1"},
    "count": {{cluster.node.count}},
    "cpu": {{cluster.node.cpu}},
    "memory": {{cluster.node.memory}},
    "volume": {"size": {{cluster.node.memory}} * 4 / 1024 * 10},
    "services": {"start": {"cmd": "start"}}
  }],
  "env": {
    "port": {{env.port}},
    "web.console.enabled": {{ env.web.console.enabled }},
    "password": {{env.password}}
  }
}
`
