package app_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/app"
)

const project = `
-- appimg.toml --
name = "p"
version = "2.0"
[images.web]
roles = ["web", "log"]
base = "alpine:3"
-- app/cluster.json.mustache --
{"nodes": [{"role": "web", "count": 1}, {"role": "log", "count": 1}, {"role": "db", "count": 1}]}
-- app/config.json --
{"properties": []}
-- app/locale/en.json --
{}
-- images/web/confd/conf.d/a.toml --
-- images/web/confd/templates/a.tmpl --
-- images/web/rootfs/etc/motd --
-- images/web/Dockerfile --
-- images/db/confd/conf.d/b.toml --
-- images/notes/only.txt --
-- sub/deep/file --
`

func TestOpenProject(t *testing.T) {
	in(t, project)
	a := open(t, "sub/deep")
	if a.Root != "sub/deep/../.." && a.Root != "." || a.Name != "p" || a.Version != "2.0" || a.Manifest == nil {
		t.Errorf("%+v", a)
	}
	a = open(t, ".")
	if a.ConfigFile != "app/config.json" || a.ClusterFile != "app/cluster.json.mustache" || a.Locale["en"] != "app/locale/en.json" {
		t.Errorf("%+v", a)
	}
	web, db := a.Image("web"), a.Image("db")
	if len(a.Images) != 2 {
		t.Errorf("%d images", len(a.Images))
	}
	if web.ConfDir != "images/web/confd" || web.ConfD != "images/web/confd/conf.d" || web.Templates != "images/web/confd/templates" ||
		web.RootFS != "images/web/rootfs" || web.Dockerfile != "images/web/Dockerfile" || web.Base != "alpine:3" || web.Pos.Line != 3 {
		t.Errorf("web %+v", web)
	}
	if !web.UsedBy("log") || !web.UsedBy("web-replica") || web.UsedBy("db") || !reflect.DeepEqual(db.Roles, []string{"db"}) || db.Templates != "" {
		t.Errorf("db %+v", db)
	}
	if found, err := app.Discover(t.Context(), "images", app.Options{}); err != nil || len(found) != 1 || found[0].Name != "p" {
		t.Errorf("Discover: %v, %v", found, err)
	}
}

func TestOpenSingleImage(t *testing.T) {
	in(t, "-- appimg.toml --\nname = \"one\"\n-- confd/conf.d/a.toml --\n-- confd/templates/a.tmpl --\n-- rootfs/x --\n")
	a := open(t, ".")
	if len(a.Images) != 1 || a.Images[0].Name != "one" || a.Images[0].Dir != "." || a.Images[0].ConfD != "confd/conf.d" || !a.Images[0].UsedBy("any") {
		t.Errorf("%+v", a.Images[0])
	}
	_, err := a.Expand(nil)
	wantError(t, err, "cluster.json.mustache", "no such file")
}

func TestOpenFaults(t *testing.T) {
	for _, c := range []struct {
		name, files string
		want        []string
	}{
		{"nothing", "-- x --\n", []string{`opening ".": no appimg.toml in it or above it, and no cluster.json.mustache below it`, "appimg init NAME"}},
		{"several", "-- a/config/cluster.json.mustache --\n-- b/app/cluster.json.mustache --\n", []string{"2 apps below it: a, b", "name one of them, e.g. -C a"}},
		{"app.dir outside", "-- appimg.toml --\nname = 'x'\n[app]\ndir = '../up'\n", []string{`appimg.toml:3:1: "../up" leads out of the project`}},
		{"app.dir missing", "-- appimg.toml --\n[app]\ndir = 'conf'\n", []string{`appimg.toml:2:1: no folder "conf"`}},
		{"image dir missing", "-- appimg.toml --\n[images.a]\n[images.b]\n", []string{`no folder "images/`}},
		{"role unknown", "-- appimg.toml --\n[images.a]\nroles = ['wbe']\n-- app/cluster.json.mustache --\n{\"nodes\": [{\"role\": \"web\"}]}\n",
			[]string{`appimg.toml:2:1: no role "wbe" in app/cluster.json.mustache`, `did you mean "web"?`}},
		{"unknown key", "-- appimg.toml --\nnmae = 'x'\n", []string{`appimg.toml:1:1: unknown key "nmae"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, c.files)
			_, err := app.Open(t.Context(), ".", app.Options{})
			wantError(t, err, c.want...)
		})
	}
	in(t, "-- file --\n")
	_, err := app.Open(t.Context(), "file", app.Options{})
	wantError(t, err, `opening "file": it is no folder`)
	_, err = app.Open(t.Context(), "gone", app.Options{})
	wantError(t, err, `opening "gone": no such file or directory`)
}

// A project above the repository's top is another one.
func TestOpenStopsAtTheRepository(t *testing.T) {
	in(t, "-- appimg.toml --\nname = \"above\"\n-- repo/.git/HEAD --\n-- repo/sub/x --\n")
	_, err := app.Open(t.Context(), "repo/sub", app.Options{})
	wantError(t, err, "no appimg.toml in it or above it")
}

// layouts are those that real repositories have.
var layouts = []struct{ name, files, want string }{
	{"beside", "-- app/cluster.json.mustache --\n{}\n-- confd/conf.d/a.toml --\n-- confd/templates/a.tmpl --\n", "X confd/conf.d confd/templates all"},
	{"in the app's folder", "-- cluster.json.mustache --\n{}\n-- conf.d/a.toml --\n-- templates/a.tmpl --\n", "X conf.d templates all"},
	{"one folder per role", "-- config/cluster.json.mustache --\n" + twoRoles + "-- code/web_node/conf.d/a.toml --\n-- code/web_node/template/a.tmpl --\n-- code/log-nodes/conf.d/a.toml --\n-- code/log-nodes/templates/a.tmpl --\n",
		"log-nodes code/log-nodes/conf.d code/log-nodes/templates log_node; web_node code/web_node/conf.d code/web_node/template web_nodes"},
	{"one image for all", "-- config/cluster.json.mustache --\n" + oneImage + "-- confd/web/conf.d/a.toml --\n-- confd/web/templates/a.tmpl --\n", "web confd/web/conf.d confd/web/templates all"},
	{"ansible", "-- app/cluster.json.mustache --\n{}\n-- ansible/roles/node-all/files/etc/confd/conf.d/a.toml --\n-- ansible/roles/node-all/files/etc/confd/templates/a.sh/01.x.tmpl --\n",
		"node-all ansible/roles/node-all/files/etc/confd/conf.d ansible/roles/node-all/files/etc/confd/templates all rootfs=ansible/roles/node-all/files"},
	{"vm image", "-- app/cluster.json.mustache --\n{}\n-- vm-image/etc/confd/conf.d/a.toml --\n-- vm-image/etc/confd/templates/a.tmpl --\n", "X vm-image/etc/confd/conf.d vm-image/etc/confd/templates all rootfs=vm-image"},
	{"toml and tmpl", "-- app/cluster.json.mustache --\n{}\n-- image/toml/a.toml --\n[template]\n-- image/tmpl/a.tmpl --\n-- other/b.toml --\n[package]\n", "X image/toml image/tmpl all"},
	{"all in one", "-- app/cluster.json.mustache --\n{}\n-- patch/a.toml --\n  [template]\n-- patch/a.tmpl --\n", "patch patch patch all"},
	{"nested conf.d is one set", "-- app/cluster.json.mustache --\n{}\n-- conf.d/a.toml --\n-- conf.d/more/b.toml --\n[template]\n", "X conf.d  all"},
	{"not for us", "-- app/cluster.json.mustache --\n{}\n-- node_modules/x/conf.d/a.toml --\n-- .git/conf.d/a.toml --\n-- nginx/conf.d/a.conf --\n", ""},
	{"same name twice", "-- app/cluster.json.mustache --\n{}\n-- a/etc/confd/conf.d/a.toml --\n-- a/confd/conf.d/a.toml --\n", "a a/confd/conf.d  all; a/etc/confd/conf.d a/etc/confd/conf.d  all rootfs=a"},
	{"beside the app of its own folder", "-- zk/app/cluster.json.mustache --\n{}\n-- zk/conf.d/a.toml --\n-- es/conf.d/a.toml --\n", "zk zk/conf.d  all"},
	{"all belong to the only app", "-- zk/app/cluster.json.mustache --\n{}\n-- es/conf.d/a.toml --\n", "es es/conf.d  all"},
}

const twoRoles = `{"nodes": [{"role": "web_nodes", "container": {"image": "a"}}, {"role": "log_node", "container": {"image": "b"}}]}` + "\n"
const oneImage = `{"nodes": [{"role": "web", "container": {"image": "a"}}, {"role": "log", "container": {"image": "a"}}]}` + "\n"

func TestOpenUnconverted(t *testing.T) {
	for _, c := range layouts {
		t.Run(c.name, func(t *testing.T) {
			in(t, c.files)
			a := open(t, ".")
			own := filepath.Base(mustGetwd(t))
			if strings.Contains(c.name, "of its own folder") {
				own = "zk"
			}
			var got []string
			for _, img := range a.Images {
				roles := "all"
				if len(img.Roles) > 0 {
					roles = strings.Join(img.Roles, ",")
				}
				name := img.Name
				if name == own && own != "zk" {
					name = "X"
				}
				line := strings.Join([]string{name, img.ConfD, img.Templates, roles}, " ")
				if img.RootFS != "" {
					line += " rootfs=" + img.RootFS
				}
				got = append(got, line)
			}
			if joined := strings.Join(got, "; "); joined != c.want {
				t.Errorf("got  %s\nwant %s", joined, c.want)
			}
			if len(a.Notes) < 2 {
				t.Errorf("notes %q", a.Notes)
			}
		})
	}
}

func mustGetwd(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDiscoverSeveral(t *testing.T) {
	in(t, `
-- a/config/cluster.json.mustache --
{}
-- a/confd/conf.d/a.toml --
-- b/config/cluster.json.mustache --
{}
-- b/config/config.json --
{}
-- shared/conf.d/s.toml --
-- c/appimg.toml --
name = "c"
-- c/app/cluster.json.mustache --
{}
-- c/confd/conf.d/c.toml --
`)
	found, err := app.Discover(t.Context(), ".", app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range found {
		line := a.Root + ":"
		for _, img := range a.Images {
			line += " " + img.ConfD
		}
		got = append(got, line)
	}
	if want := []string{"a: a/confd/conf.d", "b: shared/conf.d", "c: c/confd/conf.d"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Roles that share a machine's image have the pairs of a folder that is called like one
// of them, but for those who have a folder of their own.
func TestRolesOfOneImage(t *testing.T) {
	in(t, `
-- app/cluster.json.mustache --
{"nodes": [
 {"role": "master", "container": {"type": "kvm", "image": "img-1"}},
 {"role": "history", "container": {"type": "kvm", "image": "img-1"}},
 {"role": "standby", "container": {"type": "kvm", "image": "img-1"}},
 {"role": "worker", "container": {"type": "kvm", "image": "img-2"}}]}
-- confd/master/conf.d/a.toml --
-- confd/history/conf.d/a.toml --
-- confd/worker/conf.d/a.toml --
`)
	found, err := app.Discover(t.Context(), ".", app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, img := range found[0].Images {
		got[img.Name] = strings.Join(img.Roles, " ")
	}
	if want := map[string]string{"master": "master standby", "history": "history standby", "worker": "worker"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLinksStayInside(t *testing.T) {
	in(t, `
-- out/secret --
-- p/appimg.toml --
name = "p"
-- p/confd/conf.d/a.toml --
-- p/confd/templates/a.tmpl --
inside
-- p/more/b.tmpl --
linked
`)
	for link, target := range map[string]string{"p/confd/templates/b.tmpl": "../../more/b.tmpl", "p/confd/templates/sub": "../../more"} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	img := open(t, "p").Images[0]
	files, err := img.TemplateFiles()
	if err != nil || len(files) != 3 || string(files["sub/b.tmpl"].Text) != "linked\n" {
		t.Errorf("%v, %v", files, err)
	}
	if err := os.Symlink("../../../out/secret", "p/confd/templates/c.tmpl"); err != nil {
		t.Fatal(err)
	}
	_, err = img.TemplateFiles()
	wantError(t, err, `reading "p/confd/templates/c.tmpl": it is a link to`, "outside of the project", "hint: copy the file")
	if err := os.Remove("p/confd/templates/c.tmpl"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(".", "p/confd/templates/loop"); err != nil {
		t.Fatal(err)
	}
	_, err = img.TemplateFiles()
	wantError(t, err, "folders that contain themselves")
	if err := os.Symlink("../out", "p/conf.d"); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, "p").ReadFile("p/conf.d/secret"); err == nil {
		t.Error("a file outside was read")
	}
}

func TestFoldersThatAreLinks(t *testing.T) {
	in(t, "-- p/appimg.toml --\n-- p/images/a/x --\n-- p/conf/conf.d/a.toml --\n-- out/conf.d/b.toml --\n")
	for link, target := range map[string]string{"p/images/b": "a", "p/images/a/confd": "../../conf"} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	a := open(t, "p")
	if resources, err := a.Image("b").Resources(); err != nil || len(resources) != 1 {
		t.Errorf("%q, %v", resources, err)
	}
	if err := os.Mkdir("p/images/c", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../../out", "p/images/c/confd"); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, "p").Image("c").Resources()
	wantError(t, err, "outside of the project")
	if err := os.Symlink("../../out", "p/images/d"); err != nil {
		t.Fatal(err)
	}
	_, err = app.Open(t.Context(), "p", app.Options{})
	wantError(t, err, `reading "p/images/d": it is a link to`, "outside of the project")
}

func TestDiscoverGoesOn(t *testing.T) {
	in(t, "-- a/appimg.toml --\nnmae = 1\n-- b/cluster.json.mustache --\n{}\n")
	found, err := app.Discover(t.Context(), ".", app.Options{})
	wantError(t, err, `a/appimg.toml:1:1: unknown key "nmae"`)
	if len(found) != 1 || found[0].Root != "b" {
		t.Errorf("found %v", found)
	}
}

func TestScanIsBounded(t *testing.T) {
	in(t, "-- cluster.json.mustache --\n{}\n")
	for i := range 600 {
		write(t, fmt.Sprintf("x/%d/conf.d/a.toml", i), "")
	}
	a := open(t, ".")
	if len(a.Images) != 500 || !slices.ContainsFunc(a.Notes, func(n string) bool { return strings.Contains(n, "more than 500 apps or folders of pairs") }) {
		t.Errorf("%d images", len(a.Images))
	}
}

func TestTemplateParts(t *testing.T) {
	in(t, `
-- appimg.toml --
-- confd/templates/plain.tmpl --
plain
-- confd/templates/app.sh/02.b.tmpl --
three
-- confd/templates/app.sh/01.a.tmpl --
one
two
-- confd/templates/app.sh/README --
-- confd/templates/sub/deep/10.x.tmpl --
x
-- confd/templates/sub/own.tmpl --
-- confd/conf.d/b.toml --
-- confd/conf.d/a.toml --
-- confd/conf.d/sub/c.toml --
-- confd/conf.d/d.txt --
`)
	img := open(t, ".").Images[0]
	files, err := img.TemplateFiles()
	if err != nil {
		t.Fatal(err)
	}
	f := files["app.sh.tmpl"]
	if string(f.Text) != "one\ntwo\n\nthree\n\n" || files["sub/deep.tmpl"] == nil || files["sub/own.tmpl"] == nil || files["plain.tmpl"] == nil || len(files) != 5 {
		t.Errorf("%q of %v", f.Text, files)
	}
	dir := "confd/templates/app.sh/"
	for line, want := range map[int]string{1: dir + "01.a.tmpl:1:5", 2: dir + "01.a.tmpl:2:5", 3: dir + "01.a.tmpl:3:5", 4: dir + "02.b.tmpl:1:5"} {
		if got := f.Origin(line, 5).String(); got != want {
			t.Errorf("line %d is %s, want %s", line, got, want)
		}
	}
	if got := files["plain.tmpl"].Origin(1, 2).String(); got != "confd/templates/plain.tmpl:1:2" {
		t.Errorf("origin %s", got)
	}
	if got := f.Files(); !reflect.DeepEqual(got, []string{dir + "01.a.tmpl", dir + "02.b.tmpl"}) {
		t.Errorf("files %q", got)
	}
	resources, err := img.Resources()
	if want := []string{"confd/conf.d/a.toml", "confd/conf.d/b.toml", "confd/conf.d/sub/c.toml"}; err != nil || !reflect.DeepEqual(resources, want) {
		t.Errorf("resources %q, %v", resources, err)
	}
}

func TestTemplateThatIsNoText(t *testing.T) {
	in(t, "-- appimg.toml --\n-- confd/templates/ok.tmpl --\n")
	write(t, "confd/templates/bom.tmpl", "\xef\xbb\xbf#!/bin/sh\n")
	write(t, "confd/templates/gbk.tmpl", "a\nb \xd6\xd0\n")
	files, err := open(t, ".").Images[0].TemplateFiles()
	if err != nil || files["ok.tmpl"].Fault != nil {
		t.Fatal(files, err)
	}
	wantError(t, files["bom.tmpl"].Fault, "confd/templates/bom.tmpl:1:1: the file begins with a byte order mark")
	wantError(t, files["gbk.tmpl"].Fault, "confd/templates/gbk.tmpl:2:3: byte 0xd6 is not UTF-8", "hint: save the file as UTF-8")
}

func TestUnreadableFiles(t *testing.T) {
	in(t, "-- appimg.toml --\n-- app/config.json/x --\n-- app/cluster.json.mustache --\n{}\n")
	_, err := app.Open(t.Context(), ".", app.Options{})
	wantError(t, err, `reading "app/config.json": it is a folder`)
	in(t, "-- appimg.toml --\n-- app/x --\n")
	if err := os.Truncate("app/x", 1<<30); err != nil {
		t.Fatal(err)
	}
	_, err = open(t, ".").ReadFile("app/x")
	wantError(t, err, `reading "app/x": it has 1024 MiB`)
}

func TestOverlay(t *testing.T) {
	in(t, small)
	o := app.Options{Overlay: map[string][]byte{"app/cluster.json.mustache": []byte(`{"nodes": [{"count": 7}]}`)}}
	a, err := app.Open(t.Context(), ".", o)
	if err != nil {
		t.Fatal(err)
	}
	if spec, err := a.Expand(nil); err != nil || spec.Roles[0].Count != 7 {
		t.Errorf("%v, %v", spec, err)
	}
}

func TestOpenIsInterrupted(t *testing.T) {
	dir := t.TempDir()
	for i := range 600 {
		write(t, filepath.Join(dir, strings.Repeat("x", i%20+1), string(rune('a'+i%26))+strings.Repeat("y", i)[:min(i, 200)]), "")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := app.Discover(ctx, dir, app.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A folder that is named by a link is looked into like any other.
func TestDiscoverThroughALink(t *testing.T) {
	in(t, "-- repo/app/cluster.json.mustache --\n{}\n-- repo/confd/conf.d/a.toml --\n")
	if err := os.Symlink("repo", "link"); err != nil {
		t.Fatal(err)
	}
	if a := open(t, "link"); a.ClusterFile != filepath.FromSlash("link/app/cluster.json.mustache") || len(a.Images) != 1 {
		t.Errorf("%+v", a)
	}
}
