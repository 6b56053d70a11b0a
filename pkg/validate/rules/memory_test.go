package rules_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/rules"
)

// lintDir lints a folder on disk, and holds that a copy in memory has the same
// findings.
func lintDir(t *testing.T, dir string) []*validate.Finding {
	t.Helper()
	onDisk, err := validate.Run(t.Context(), dir, rules.All(), validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Base(dir) // an app may be called as its folder
	inMemory, err := validate.Run(t.Context(), base, rules.All(), validate.Options{Files: app.Options{FS: copyOf(t, dir, base)}})
	if err != nil {
		t.Fatal(err)
	}
	if want, got := strings.ReplaceAll(whole(t, onDisk.Findings), dir, base), whole(t, inMemory.Findings); got != want {
		t.Errorf("on disk:\n%s\nin memory:\n%s", want, got)
	}
	return onDisk.Findings
}

// whole is findings with all that they say.
func whole(t *testing.T, findings []*validate.Finding) string {
	t.Helper()
	data, err := json.MarshalIndent(findings, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// copyOf is a folder in memory, with its links, as a folder called base.
func copyOf(t *testing.T, dir, base string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		made := &fstest.MapFile{Mode: info.Mode()}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(file)
			made.Data = []byte(target)
			out[base+"/"+filepath.ToSlash(rel)] = made
			return err
		}
		made.Data, err = os.ReadFile(file)
		out[base+"/"+filepath.ToSlash(rel)] = made
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A repository without appimg.toml, with links that lead everywhere, has the
// same findings in memory.
func TestUnconvertedRepositoryInMemory(t *testing.T) {
	dir := t.TempDir()
	files := project{
		"app/cluster.json.mustache": `{"name": "x", "description": "", "vxnet": "", "nodes": [
			{"role": "db", "count": 1, "container": {"type": "kvm", "image": "img-12345678", "zone": "a"}, "volume": {"size": 10}, "services": {"start": {"cmd": "/opt/db/bin/start.sh"}}}]}`,
		"app/config.json":            `{"type": "array", "properties": []}`,
		"image/confd/conf.d/a.toml":  "[template]\nsrc = \"db.conf.tmpl\"\ndest = \"/etc/db.conf\"\nkeys = [\"/\"]\n",
		"image/confd/parts/b.tmpl":   "datadir=/srv/db\nname={{getv \"/cluster/nothing\"}}\n",
		"image/opt/db/bin/start.sh":  "#!/bin/sh\nmkdir -p /var/lib/db/data\necho x >> /var/log/db.log\n",
		"other/app/deep/README":      "",
		"image/etc/logrotate.d/link": "",
	}
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"image/confd/templates":          "parts",
		"image/confd/parts/db.conf.tmpl": "b.tmpl",
		"image/var/lib/db":               "/data/db",
		"image/loop":                     "../image",
		"out":                            "../../etc",
		"gone":                           "nothing",
		"image/confd/parts/x.tmpl":       "/etc/passwd",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, file); err != nil {
			t.Fatal(err)
		}
	}
	got := lines(lintDir(t, dir))
	for _, want := range []string{"[metadata-key-unknown]", "[persistent-data-off-volume]"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in:\n%s", want, got)
		}
	}
}

// Published apps have the same findings in memory, each and all together.
func TestPublishedAppsInMemory(t *testing.T) {
	corpus := testneed.Shared(t, "corpus")
	if found := lintDir(t, corpus); len(found) == 0 {
		t.Error("nothing was found")
	}
}
