package app_test

import (
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/app"
)

const manifest = `# a comment with = and [brackets]
name = "web"   # trailing
version = '1.0'
namespace = "team"

[app]
dir = "app"
[agent]
  source = "builtin"

[docker]
base = """
multi = "no key"
[nor.a.table]"""
tags = [
  "a:1", # x = 1
  'b:2',
]
platforms = ["linux/amd64"]
labels = { "org.x" = "y" }

[images.web]
roles = ["web"]
[images."we.ird"]
tags = []
[render]
env = {HOME = "/root"}
[lint.severity]
x = "error"
`

func TestManifest(t *testing.T) {
	m, err := app.ParseManifest("appimg.toml", []byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "web" || m.Docker.Tags[1] != "b:2" || m.Images["we.ird"].Tags == nil || m.Render.Env["HOME"] != "/root" {
		t.Errorf("%+v", m)
	}
	for key, want := range map[string]string{
		"name": "2:1", "version": "3:1", "app": "6:2", "agent.source": "9:3", "docker.base": "12:1", "docker.tags": "15:1",
		"docker.platforms": "19:1", "docker.labels": "20:1", "docker.labels.org.x": "20:1", "images.web.roles": "23:1",
		"images.we.ird": "24:2", "render.env.HOME": "27:1", "lint.severity.x": "29:1", "images.web.base": "22:2",
	} {
		if got := m.Pos(key).String(); got != "appimg.toml:"+want {
			t.Errorf("%s is at %s, want %s", key, got, want)
		}
	}
	if got := m.Pos("kvm").String(); got != "appimg.toml" {
		t.Errorf("an absent key is at %s", got)
	}
}

func TestManifestFaults(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"nam = 'x'", []string{`parsing "appimg.toml": appimg.toml:1:1: unknown key "nam"`, `did you mean "name"`}},
		{"docker = 1", []string{"1:1: ", "expected table"}},
		{"[docker]\ntag = ['x']\n", []string{`appimg.toml:2:1: unknown key "docker.tag"`, `did you mean "tags"?`}},
		{"[images.a]\nrole = 'x'\n", []string{`appimg.toml:2:1: unknown key "images.a.role"`, `did you mean "roles"?`}},
		{"Name = 'x'", []string{`unknown key "Name"`, `did you mean "name"?`}},
		{"[dcoker]\nbase = 'x'\n", []string{`1:2: unknown key "dcoker"`, `did you mean "docker"?`}},
		{"[agent]\nqqq = 1\n", []string{`unknown key "agent.qqq"`, `known here: source`}},
		{"[app]\ndir = 1\n", []string{"appimg.toml:2:", "incompatible types"}},
		{"[render]\nenv = [\"A=b\"]\n", []string{"appimg.toml:2:", `key "render.env": a table is wanted`}},
		{"lint = 1\n", []string{"appimg.toml:1:", `key "lint": a table is wanted`}},
		{"name = 'x\n", []string{"appimg.toml:1:"}},
		{"name = 'x'\nname = 'y'\n", []string{"appimg.toml:2:", "name"}},
		{"\xef\xbb\xbfname = 'x'", []string{"appimg.toml:1:1: the file begins with a byte order mark (BOM)", "hint: save the file as UTF-8 without BOM"}},
		{"\xff\xfen\x00", []string{"appimg.toml:1:1: the file is UTF-16"}},
		{"# ab\nname = '\xe9'", []string{"appimg.toml:2:9: byte 0xe9 is not UTF-8"}},
	} {
		_, err := app.ParseManifest("appimg.toml", []byte(c.text))
		wantError(t, err, c.want...)
	}
	_, err := app.ParseManifest("appimg.toml", []byte("nam = 1\nversio = 2\n"))
	wantError(t, err, "1:1: unknown key", "2:1: unknown key")
}

func FuzzManifest(f *testing.F) {
	f.Add(manifest)
	f.Add("a.\"b\\\"c\".'d' = 1\n[[x]]\ny = [[1], {z = '''\n]'''}]")
	f.Add("=\n==\n[\n[]\n'\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := app.ParseManifest("f", []byte(text))
		if err != nil || m.Name == "" {
			return
		}
		pos := m.Pos("name")
		lines := strings.Split(text, "\n")
		if pos.Line < 1 || pos.Line > len(lines) || !strings.Contains(lines[pos.Line-1], "name") && !strings.Contains(lines[pos.Line-1], `\`) {
			t.Fatalf("%q: name is at %v", text, pos)
		}
	})
}
