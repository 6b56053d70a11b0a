package rules_test

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/rules"
)

// What is typed into a buffer is what findings are about: they come, move and go
// with it, whether the saved files are on disk or in memory, and nothing is written.
func TestFindingsFollowTheBuffer(t *testing.T) {
	dir := base(t).write(t)
	before := copyOf(t, dir, "p")
	t.Run("over the disk", func(t *testing.T) { editor(t, dir, app.Options{}) })
	t.Run("over memory", func(t *testing.T) { editor(t, "p", app.Options{FS: before}) })
	if after := copyOf(t, dir, "p"); !reflect.DeepEqual(contents(before), contents(after)) {
		t.Error("a file was written")
	}
}

func editor(t *testing.T, root string, o app.Options) {
	t.Helper()
	saved := base(t)
	for _, buffer := range []struct {
		name, file, text string
		want             string // rule and place, "" for none
	}{
		{"as it is saved", "confd/templates/demo.conf.tmpl", saved["confd/templates/demo.conf.tmpl"], ""},
		{"an unknown function", "confd/templates/demo.conf.tmpl", "a\n{{getvv \"/env/port\"}}\n", "template-syntax confd/templates/demo.conf.tmpl:2:3"},
		{"two lines above it", "confd/templates/demo.conf.tmpl", "a\n\n\n{{getvv \"/env/port\"}}\n", "template-syntax confd/templates/demo.conf.tmpl:4:3"},
		{"three letters before it", "confd/templates/demo.conf.tmpl", "a\n\n\n端口={{getvv \"/env/port\"}}\n", "template-syntax confd/templates/demo.conf.tmpl:4:6"},
		{"a file that is not saved yet", "rootfs/opt/demo/bin/new.sh", "#!/bin/sh\nif true; then\n", "shell-syntax rootfs/opt/demo/bin/new.sh:2:10"},
		{"a resource that is not saved yet", "confd/conf.d/new.toml", "[template]\nsrc = \"gone.tmpl\"\ndest = \"/etc/new\"\nkeys = [\"/\"]\n", "src-missing confd/conf.d/new.toml:2:1"},
		{"half of a JSON", "app/config.json", saved["app/config.json"] + "x", "json-syntax app/config.json"},
		{"saved again", "confd/templates/demo.conf.tmpl", saved["confd/templates/demo.conf.tmpl"], ""},
	} {
		t.Run(buffer.name, func(t *testing.T) {
			with := o
			with.Overlay = map[string][]byte{filepath.Join(root, filepath.FromSlash(buffer.file)): []byte(buffer.text)}
			r, err := validate.Run(t.Context(), root, rules.All(), validate.Options{Files: with})
			if err != nil {
				t.Fatal(err)
			}
			got := lines(r.Findings)
			if buffer.want == "" {
				if got != "" {
					t.Errorf("found:\n%s", got)
				}
				return
			}
			rule, place, _ := strings.Cut(buffer.want, " ")
			for line := range strings.Lines(got) {
				if strings.HasPrefix(line, place+":") && strings.Contains(line, "["+rule+"]") {
					return
				}
			}
			t.Errorf("no %s in:\n%s", buffer.want, got)
		})
	}
}

// contents are files by name, with what they hold.
func contents(files fstest.MapFS) map[string]string {
	out := map[string]string{}
	for name, f := range files {
		out[name] = f.Mode.String() + " " + string(f.Data)
	}
	return out
}
