package confd_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

const sampleTOML = `# zoo
[template]
src = "zoo.cfg.tmpl"
Dest = "/opt/zoo.cfg"
keys = ["/hosts",
  "/env"]
owner = "zk"
mode = "0600"
uid = 7
check_cmd = "check {{.src}}"
reload_cmd = "reload"
prefix = "/p"

[other]
src = 1
`

func TestParseResource(t *testing.T) {
	r, err := confd.ParseResource("a.toml", []byte(sampleTOML))
	if err != nil {
		t.Fatal(err)
	}
	got := []any{r.File, r.Src, r.Dest, r.Prefix, r.Mode, r.CheckCmd, r.ReloadCmd, r.Keys, r.UID, r.GID}
	want := []any{"a.toml", "zoo.cfg.tmpl", "/opt/zoo.cfg", "/p", "0600", "check {{.src}}", "reload", []string{"/hosts", "/env"}, 7, -1}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	for what, places := range map[string][2]string{
		"src":      {r.Pos("src").String(), "a.toml:3:1"},
		"DEST":     {r.Pos("DEST").String(), "a.toml:4:1"},
		"gid":      {r.Pos("gid").String(), ""},
		"keys[1]":  {r.KeyPos(1).String(), "a.toml:6:3"},
		"keys[2]":  {r.KeyPos(2).String(), ""},
		"reload":   {r.Pos("reload_cmd").String(), "a.toml:11:1"},
		"unknown":  {r.Unknown()[0].Name + " " + r.Unknown()[0].Pos.String(), "owner a.toml:7:1"},
		"in order": {r.Fields()[2].Name, "keys"},
	} {
		if places[0] != places[1] {
			t.Errorf("%s: got %q, want %q", what, places[0], places[1])
		}
	}
	if len(r.Unknown()) != 1 || len(r.Fields()) != 9 {
		t.Errorf("unknown %v of %v", r.Unknown(), r.Fields())
	}
}

func TestResourceFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "a.toml: empty src template",
		"src = 'x'":                              "a.toml:1:1: empty src template",
		"[template]\nsrc = ''":                   "a.toml:2:1: empty src template",
		"template = 1":                           "a.toml:1:12: template: expected a table, found integer",
		"[[template]]\nsrc = 'x'":                "a.toml:1:1: template: expected a table, found array of tables",
		"[template]\nsrc = 1":                    "a.toml:2:1: src: expected a string, found integer",
		"[template]\nsrc = 'x'\nmode = 644":      "a.toml:3:1: mode: expected a string, found integer",
		"[template]\nsrc = 'x'\nuid = '0'":       "a.toml:3:1: uid: expected an integer, found string",
		"[template]\nsrc = 'x'\ngid = 1.0":       "a.toml:3:1: gid: expected an integer, found float",
		"[template]\nsrc = 'x'\nkeys = '/'":      "a.toml:3:1: keys: expected an array of strings, found string",
		"[template]\nsrc = 'x'\nkeys = [1]":      "a.toml:3:1: keys: expected an array of strings, found integer",
		"[template]\nsrc = 'x'\n[template.keys]": "a.toml:3:1: keys: expected an array of strings, found table",
		"[template]\nsrc = 'x'\nfilemode = ''":   "a.toml:3:1: filemode: expected a file mode",
		"[template]\nsrc = 'x'\nStageFile = 1":   "a.toml:3:1: StageFile: expected a table",
		"\ufeff[template]\nsrc = 'x'":            "a.toml:1:1: a name without quotes",
		strings.Repeat(" ", 2<<20):               "larger than",
	} {
		_, err := confd.ParseResource("a.toml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), `reading template resource "a.toml": `+want) && !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %s", text, err, want)
		}
	}
	_, err := confd.ParseResource("a.toml", nil)
	if !errors.Is(err, confd.ErrNoSrc) || len(diag.Hints(err)) != 1 {
		t.Errorf("got %v, %q", err, diag.Hints(err))
	}
}

func TestFindResources(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"b.toml", "a/z.toml", "a.toml", "xtoml", "B.toml", "no.toml.bak", "10.toml", "d.toml/x.toml", ".toml"} {
		mustDo(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, "conf.d", f)), 0o755))
		mustDo(t, os.WriteFile(filepath.Join(dir, "conf.d", f), []byte("[template]\nsrc='"+f+"'\n"), 0o644))
	}
	got, err := confd.FindResources(dir)
	mustDo(t, err)
	for i := range got {
		got[i], _ = filepath.Rel(filepath.Join(dir, "conf.d"), got[i])
	}
	want := []string{".toml", "10.toml", "B.toml", "a/z.toml", "a.toml", "b.toml", "d.toml/x.toml", "xtoml"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if none, err := confd.FindResources(dir + "/nope"); err != nil || none != nil {
		t.Errorf("got %q, %v", none, err)
	}
}

// One bad file, and nothing is processed; every bad file is told.
func TestLoadAll(t *testing.T) {
	dir := t.TempDir()
	mustDo(t, os.Mkdir(dir+"/conf.d", 0o755))
	for name, text := range map[string]string{"a.toml": "[template]\nsrc='a'", "b.toml": "[template", "c.toml": ""} {
		mustDo(t, os.WriteFile(filepath.Join(dir, "conf.d", name), []byte(text), 0o644))
	}
	rs, err := (&confd.Applier{ConfDir: dir}).LoadAll()
	if err == nil || rs != nil || !strings.Contains(err.Error(), "b.toml") || !strings.Contains(err.Error(), "c.toml") {
		t.Errorf("got %v, %v", rs, err)
	}
}
