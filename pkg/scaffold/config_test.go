package scaffold_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/scaffold"
)

const sampleConf = `# A sample with {{ braces }} and {{{.
[server]
port = 8080        # the port
name = "my {{app}}"
workers: 4
ratio=0.50
debug = false

[client]
port = 9090
password = s3cret
`

func sample(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	write(t, file, text, 0o644)
	return file
}

func params(texts ...string) []scaffold.Param {
	var out []scaffold.Param
	for _, text := range texts {
		out = append(out, scaffold.ParseParam(text))
	}
	return out
}

func TestAddConfig(t *testing.T) {
	a := made(t, "blank", scaffold.Docker)
	c := scaffold.Config{
		Dest: "/etc/sample/app.ini", From: sample(t, "app.ini", sampleConf), Mode: "0640", Owner: "0:33",
		Reload: "/opt/app/bin/app reload", Check: `test -s {{.src}} && echo "ok"`,
		Params: params("port=server.port", "client.port=client.port", "name", "workers", "ratio", "debug"),
	}
	edits, notes, err := scaffold.AddConfig(t.Context(), a, c)
	if err != nil || len(notes) != 0 {
		t.Fatal(notes, err)
	}
	golden(t, "diff/add-config.diff", edits.Diff())
	after := applied(t, a, edits)
	// With the defaults, every node gets the file itself.
	for node, files := range rendered(t, after, nil, metadata.Topology{Counts: map[string]int{"": 3}}) {
		if files[c.Dest] != sampleConf {
			t.Errorf("%s gets %q", node, files[c.Dest])
		}
	}
	files := rendered(t, after, map[string]string{"env.port": "1234", "env.client.port": "5"}, metadata.Topology{})["/1"]
	want := strings.NewReplacer("port = 8080", "port = 1234", "port = 9090", "port = 5").Replace(sampleConf)
	if files[c.Dest] != want {
		t.Errorf("got %q", files[c.Dest])
	}

	// A pair that is there: --param alone goes on with its template.
	edits, notes, err = scaffold.AddConfig(t.Context(), after, scaffold.Config{Dest: c.Dest, Params: params("secret=password")})
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "looks like a secret") {
		t.Fatal(notes, err)
	}
	golden(t, "diff/add-config-param.diff", edits.Diff())
	files = rendered(t, applied(t, after, edits), map[string]string{"env.secret": "s3cret"}, metadata.Topology{})["/1"]
	if files[c.Dest] != sampleConf {
		t.Errorf("got %q", files[c.Dest])
	}
}

func TestAddConfigNames(t *testing.T) {
	a := made(t, "blank", scaffold.Docker)
	for _, c := range []struct{ dest, toml string }{
		{"/etc/app.conf", "confd/conf.d/etc-app.conf.toml"}, // app.conf.toml is the preset's
		{"/etc/x/app.conf", "confd/conf.d/x-app.conf.toml"},
		{"/srv/etc/app.conf", "confd/conf.d/srv-etc-app.conf.toml"},
		{"/etc/my app.conf", "confd/conf.d/my-app.conf.toml"},
		{"/etc/日本", "confd/conf.d/-.toml"},
	} {
		edits, _, err := scaffold.AddConfig(t.Context(), a, scaffold.Config{Dest: c.dest})
		if err != nil {
			t.Fatal(err)
		}
		if edits[0].Path != c.toml {
			t.Errorf("%s: %s, want %s", c.dest, edits[0].Path, c.toml)
		}
		a = applied(t, a, edits)
	}
	if files := rendered(t, a, nil, metadata.Topology{})["/1"]; len(files) != 6 || files["/etc/x/app.conf"] != "" {
		t.Errorf("%q", files)
	}
}

func TestAddConfigOfAwkwardFiles(t *testing.T) {
	for _, text := range awkward {
		a := made(t, "blank", scaffold.KVM)
		edits, _, err := scaffold.AddConfig(t.Context(), a, scaffold.Config{Dest: "/etc/x", From: sample(t, "x", text)})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := rendered(t, applied(t, a, edits), nil, metadata.Topology{})["/1"]["/etc/x"]; got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// Keys of a pair that is there are extended where /env is not among them.
func TestKeysAreExtended(t *testing.T) {
	for _, c := range []struct{ name, toml, want string }{
		{"one line", "keys = [\"/host\"] # why\n", "keys = [\"/host\", \"/env\"] # why\n"},
		{"empty", "keys = []\n", "keys = [\"/env\"]\n"},
		{"several lines", "keys = [\n  \"/host\", # a ] here\n  \"/hosts\"\n]\n", "keys = [\n  \"/host\", # a ] here\n  \"/hosts\",\n  \"/env\"\n]\n"},
		{"comma at the end", "keys = [\n  \"/host\",\n]\n", "keys = [\n  \"/host\",\n  \"/env\",\n]\n"},
		{"none", "mode = \"0644\"\n", "mode = \"0644\"\n"},
		{"covered", "keys = [\"/env\"]\n", "keys = [\"/env\"]\n"},
		{"root", "keys = [\"/\"]\n", "keys = [\"/\"]\n"},
	} {
		a := made(t, "blank", scaffold.Docker)
		head := "[template]\n# the pair\nsrc = \"x.tmpl\"\ndest = \"/etc/x\"\n"
		write(t, filepath.Join(a.Root, "confd/conf.d/x.toml"), head+c.toml, 0o644)
		write(t, filepath.Join(a.Root, "confd/templates/x.tmpl"), "{{\"{{\"}}\na = 1\n", 0o644)
		edits, _, err := scaffold.AddConfig(t.Context(), a, scaffold.Config{Dest: "/etc/x", Params: params("a")})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		a = applied(t, a, edits)
		want := head + c.want
		if c.name == "none" {
			want = strings.Replace(want, "src =", "keys = [\"/env\"]\nsrc =", 1)
		}
		if got, _ := os.ReadFile(filepath.Join(a.Root, "confd/conf.d/x.toml")); string(got) != want {
			t.Errorf("%s: got\n%s", c.name, got)
		}
		if got := rendered(t, a, map[string]string{"env.a": "2"}, metadata.Topology{})["/1"]["/etc/x"]; got != "{{\na = 2\n" {
			t.Errorf("%s: rendered %q", c.name, got)
		}
	}
}

func TestAddConfigRefuses(t *testing.T) {
	a := made(t, "blank", scaffold.Docker)
	from := sample(t, "app.ini", sampleConf)
	for _, c := range []struct {
		c    scaffold.Config
		want string
	}{
		{scaffold.Config{Dest: "etc/x"}, `adding configuration "etc/x": this is no absolute path`},
		{scaffold.Config{Dest: "/etc/../x"}, "no absolute path"},
		{scaffold.Config{Dest: "/"}, "no absolute path"},
		{scaffold.Config{Dest: "/etc/a\nb"}, "characters that a line cannot have"},
		{scaffold.Config{Dest: "/etc/x", Mode: "644"}, `mode "644" is not octal`},
		{scaffold.Config{Dest: "/etc/x", Mode: "0666"}, "lets everybody write"},
		{scaffold.Config{Dest: "/etc/x", Owner: "root"}, `owner "root" is no number`},
		{scaffold.Config{Dest: "/etc/x", Image: "web"}, `no image "web"`},
		{scaffold.Config{Dest: "/etc/x", From: "/nowhere/x"}, "no such file"},
		{scaffold.Config{Dest: "/opt/app/conf/app.conf", From: from}, "app.conf.toml:3:1: a pair for it already exists"},
		{scaffold.Config{Dest: "/opt/app/conf/app.conf"}, "app.conf.toml:3:1: a pair for it already exists"},
		{scaffold.Config{Dest: "/opt/app/conf/app.conf", Mode: "0600", Params: params("x=listen")}, "a mode and commands of its own"},
		{scaffold.Config{Dest: "/opt/app/conf/app.conf", Params: params("x=log_level")}, "made by the template already"},
		{scaffold.Config{Dest: "/etc/x", From: from, Params: params("port")}, `"port" is set 2 times: server.port (line 3), client.port (line 10)`},
		{scaffold.Config{Dest: "/etc/x", From: from, Params: params("nme")}, `no setting "nme"`},
		{scaffold.Config{Dest: "/etc/x", From: from, Params: params("a=name", "b=name")}, `"server.name" is parameter a already`},
		{scaffold.Config{Dest: "/etc/x", From: from, Params: params("a=name", "a=debug")}, "parameter a is"},
		{scaffold.Config{Dest: "/etc/x", From: from, Params: params("a b=name")}, "no name for a parameter"},
	} {
		edits, _, err := scaffold.AddConfig(t.Context(), a, c.c)
		if err == nil || !strings.Contains(err.Error(), c.want) || len(edits) != 0 {
			t.Errorf("%+v: %v, want %s", c.c, err, c.want)
		}
	}
}

// With several images one has to be named, and gets the pair.
func TestAddConfigToOneOfSeveralImages(t *testing.T) {
	a := made(t, "redis", scaffold.Docker)
	for _, name := range []string{"web", "db"} {
		if err := os.MkdirAll(filepath.Join(a.Root, "images", name, "confd", "conf.d"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"confd", "rootfs"} {
		if err := os.RemoveAll(filepath.Join(a.Root, dir)); err != nil {
			t.Fatal(err)
		}
	}
	manifest := filepath.Join(a.Root, "appimg.toml")
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	write(t, manifest, string(text)+"\n[images.web]\nroles = [\"master\"]\n[images.db]\nroles = [\"master\"]\n", 0o644)
	if a, err = app.Open(t.Context(), a.Root, app.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := scaffold.AddConfig(t.Context(), a, scaffold.Config{Dest: "/etc/x"}); err == nil || !strings.Contains(err.Error(), "several images") {
		t.Errorf("%v", err)
	}
	edits, _, err := scaffold.AddConfig(t.Context(), a, scaffold.Config{Dest: "/etc/x", Image: "db"})
	if err != nil || edits[0].Path != "images/db/confd/conf.d/x.toml" || edits[1].Path != "images/db/confd/templates/x.tmpl" {
		t.Errorf("%+v, %v", edits, err)
	}
}
