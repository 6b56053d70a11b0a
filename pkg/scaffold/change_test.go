package scaffold_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/scaffold"
)

// applied applies edits and opens the app again.
func applied(t *testing.T, a *app.App, edits scaffold.Edits) *app.App {
	t.Helper()
	if err := edits.Apply(t.Context(), a.Root); err != nil {
		t.Fatal(err)
	}
	after, err := app.Open(t.Context(), a.Root, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return after
}

func text(s string) *string { return &s }

func TestAddEnv(t *testing.T) {
	a := made(t, "redis", scaffold.Docker)
	port := scaffold.Env{Name: "tcp.backlog", Type: "integer", Default: text("511"), Min: "16", Max: "4096", Label: "Backlog", Description: "Connections that wait"}
	edits, err := scaffold.AddEnv(t.Context(), a, port)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "diff/add-env.diff", edits.Diff())
	after := applied(t, a, edits)
	spec, err := after.Expand(nil)
	if err != nil || spec.Env[len(spec.Env)-1].Key != "tcp.backlog" || spec.Env[len(spec.Env)-1].Value != "511" {
		t.Errorf("%+v, %v", spec.Env, err)
	}
	if _, err := scaffold.AddEnv(t.Context(), after, port); !errors.Is(err, scaffold.ErrExists) {
		t.Errorf("a second time: %v", err)
	}
	role := scaffold.Env{Name: "extra", Role: "master", Type: "boolean", Default: text("true")}
	edits, err = scaffold.AddEnv(t.Context(), after, role)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "diff/add-env-role.diff", edits.Diff())
	spec, err = applied(t, after, edits).Expand(nil)
	if err != nil || len(spec.Role("master").Env) != 1 || spec.Role("master").Env[0].Value != "true" {
		t.Errorf("%+v, %v", spec.Role("master").Env, err)
	}
}

func TestAddEnvRefuses(t *testing.T) {
	a := made(t, "zookeeper", scaffold.Docker)
	for _, c := range []struct {
		e    scaffold.Env
		want string
	}{
		{scaffold.Env{Name: "a b"}, `adding parameter "a b": this is no name`},
		{scaffold.Env{Name: "x", Type: "int"}, `unknown type "int"`},
		{scaffold.Env{Name: "x", Type: "integer", Default: text("1.5")}, `default "1.5" is no integer`},
		{scaffold.Env{Name: "x", Type: "integer", Default: text("")}, `default "" is no integer`},
		{scaffold.Env{Name: "x", Type: "number", Default: text("")}, `default "" is no number`},
		{scaffold.Env{Name: "x", Type: "integer", Default: text("7"), Max: "6"}, "default 7 is beyond max 6"},
		{scaffold.Env{Name: "x", Type: "integer", Default: text("7"), Min: "8"}, "default 7 is beyond min 8"},
		{scaffold.Env{Name: "x", Min: "8"}, "min is for integer and number, not for string"},
		{scaffold.Env{Name: "x", Default: text("c"), Range: []string{"a", "b"}}, `default "c" is not in the range a, b`},
		{scaffold.Env{Name: "x", Type: "boolean", Default: text("yes")}, `default "yes" is no boolean`},
		{scaffold.Env{Name: "tickTime"}, "already exists"},
		{scaffold.Env{Name: "x", Role: "node"}, `no role "node" in cluster.json.mustache`},
	} {
		_, err := scaffold.AddEnv(t.Context(), a, c.e)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.e, err, c.want)
		}
	}
}

func TestAddRole(t *testing.T) {
	a := made(t, "redis", scaffold.KVM)
	edits, err := scaffold.AddRole(t.Context(), a, scaffold.Role{Name: "proxy", Count: 2, Volume: 20})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "diff/add-role.diff", edits.Diff())
	after := applied(t, a, edits)
	spec, err := after.Expand(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := spec.Role("proxy")
	if r == nil || r.Count != 2 || r.Volume.Size != 20 || r.Container.Type != "kvm" || r.Container.Zone != "pek3" {
		t.Errorf("%+v", r)
	}
	if _, err := metadata.Build(spec, metadata.Topology{}); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		a    *app.App
		r    scaffold.Role
		want string
	}{
		{after, scaffold.Role{Name: "proxy"}, "already exists"},
		{after, scaffold.Role{Name: "name"}, "already exists"},
		{after, scaffold.Role{Name: "x-replica"}, "the platform's"},
		{after, scaffold.Role{Name: "x y"}, "no name for a role"},
		{after, scaffold.Role{Name: "x", Count: -1}, "-1 nodes"},
		{after, scaffold.Role{Name: "x", Volume: 5}, "multiples of 10"},
		{after, scaffold.Role{Name: "x", Image: "redis:7"}, "a kvm image has an id"},
		{made(t, "zookeeper", scaffold.Docker), scaffold.Role{Name: "x"}, "the app's one role has no name"},
	} {
		if _, err := scaffold.AddRole(t.Context(), c.a, c.r); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.r, err, c.want)
		}
	}
}

func TestSetImage(t *testing.T) {
	for _, c := range []struct {
		preset, role, ref string
		typ               scaffold.Type
		want              string // error; "" is none
	}{
		{"zookeeper", "node", "img-1a2b3c4d", scaffold.KVM, ""},
		{"zookeeper", "", "img-1a2b3c4d", scaffold.KVM, ""},
		{"redis", "master", "reg.example.com/r:2", scaffold.Docker, ""},
		{"redis", "mster", "r:2", scaffold.Docker, "no such role"},
		{"redis", "master", "img-1a2b3c4d", scaffold.Docker, "this is a kvm image"},
		{"zookeeper", "server", "img-1a2b3c4d", scaffold.KVM, "no such role"},
	} {
		a := made(t, c.preset, c.typ)
		edits, err := scaffold.SetImage(t.Context(), a, c.role, c.ref)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(edits.Diff(), "\n")
		if len(edits) != 1 || edits[0].Path != "app/cluster.json.mustache" || len(lines) < 7 || strings.Count(edits.Diff(), "\n+") != 2 {
			t.Errorf("%+v: %s", c, edits.Diff())
		}
		spec, err := applied(t, a, edits).Expand(nil)
		if err != nil || spec.Roles[0].Container.Image != c.ref {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// Roles that are made from one image follow; an image of its own, and the
// stand-in of a new project, do not.
func TestSetImageOfSharedImage(t *testing.T) {
	a := made(t, "redis", scaffold.Docker)
	edits, err := scaffold.AddRole(t.Context(), a, scaffold.Role{Name: "proxy"})
	if err != nil {
		t.Fatal(err)
	}
	a = applied(t, a, edits)
	edits, err = scaffold.AddRole(t.Context(), a, scaffold.Role{Name: "other", Image: "other:1"})
	if err != nil {
		t.Fatal(err)
	}
	a = applied(t, a, edits)
	if edits, err = scaffold.SetImage(t.Context(), a, "proxy", "r:9"); err != nil {
		t.Fatal(err)
	}
	spec, err := applied(t, a, edits).Expand(nil)
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]string{"master": "r:9", "proxy": "r:9", "other": "other:1"} {
		if got := spec.Role(role).Container.Image; got != want {
			t.Errorf("%s has %s, want %s", role, got, want)
		}
	}

	k := made(t, "redis", scaffold.KVM)
	if edits, err = scaffold.AddRole(t.Context(), k, scaffold.Role{Name: "proxy"}); err != nil {
		t.Fatal(err)
	}
	k = applied(t, k, edits)
	if edits, err = scaffold.SetImage(t.Context(), k, "proxy", "img-1a2b3c4d"); err != nil {
		t.Fatal(err)
	}
	if spec, err = applied(t, k, edits).Expand(nil); err != nil || spec.Role("master").Container.Image != scaffold.DefaultKVMImage {
		t.Errorf("%s, %v", spec.Role("master").Container.Image, err)
	}
}

// Odd formatting stays as it is.
func TestFormattingStays(t *testing.T) {
	a := made(t, "blank", scaffold.Docker)
	e, err := os.ReadFile(a.ClusterFile)
	if err != nil {
		t.Fatal(err)
	}
	odd := strings.ReplaceAll(strings.ReplaceAll(string(e), "\n", "\r\n"), "  ", "\t")
	write(t, a.ClusterFile, odd, 0o600)
	if err := os.Chmod(a.ClusterFile, 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err = app.Open(t.Context(), a.Root, app.Options{}); err != nil {
		t.Fatal(err)
	}
	edits, err := scaffold.AddEnv(t.Context(), a, scaffold.Env{Name: "x", Default: text("1")})
	if err != nil {
		t.Fatal(err)
	}
	applied(t, a, edits)
	got, err := os.ReadFile(a.ClusterFile)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(odd, "{{env.log_level}}\r\n", "{{env.log_level}},\r\n\t\t\"x\": {{env.x}}\r\n", 1)
	if string(got) != want {
		t.Errorf("got %q", got)
	}
	if info, err := os.Stat(a.ClusterFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestLinksOutOfTheProjectAreRefused(t *testing.T) {
	a := made(t, "blank", scaffold.Docker)
	outside := filepath.Join(t.TempDir(), "config.json")
	data, err := os.ReadFile(a.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, outside, string(data), 0o644)
	if err := os.Remove(a.ConfigFile); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, a.ConfigFile); err != nil {
		t.Fatal(err)
	}
	a2, err := app.Open(t.Context(), a.Root, app.Options{})
	if err == nil {
		_, err = scaffold.AddEnv(t.Context(), a2, scaffold.Env{Name: "x", Default: text("1")})
	}
	if err == nil {
		t.Error("a link out of the project was followed")
	}
	if after, _ := os.ReadFile(outside); string(after) != string(data) {
		t.Error("the file outside was changed")
	}
}
