package scaffold_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/scaffold"
	"github.com/appimg/appimg/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

// eachProject runs test for every preset in every type.
func eachProject(t *testing.T, test func(t *testing.T, preset string, files []scaffold.File)) {
	t.Helper()
	presets, err := scaffold.Presets(templates.FS())
	if err != nil || len(presets) != 4 {
		t.Fatalf("%d presets, %v", len(presets), err)
	}
	for _, p := range presets {
		for _, typ := range []scaffold.Type{scaffold.Docker, scaffold.KVM} {
			t.Run(p.Name+"-"+string(typ), func(t *testing.T) {
				files, err := scaffold.Files(templates.FS(), p.Name, scaffold.Project{Name: "sample", Type: typ})
				if err != nil {
					t.Fatal(err)
				}
				test(t, p.Name, files)
			})
		}
	}
}

// golden compares got with a file of testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew); got\n%s", file, got)
	}
}

// The golden trees: every path with its mode, and the text of what is filled in.
func TestTrees(t *testing.T) {
	eachProject(t, func(t *testing.T, preset string, files []scaffold.File) {
		var s strings.Builder
		for _, f := range files {
			fmt.Fprintf(&s, "%v %s\n", f.Mode, f.Path)
		}
		for _, f := range files {
			if _, err := fs.Stat(templates.FS(), path.Join(preset, f.Path+".in")); err == nil {
				fmt.Fprintf(&s, "\n-- %s --\n%s", f.Path, f.Data)
			}
		}
		golden(t, "tree/"+path.Base(t.Name())+".txt", s.String())
	})
}

func TestPresetFilesAreClean(t *testing.T) {
	eachProject(t, func(t *testing.T, _ string, files []scaffold.File) {
		seen := map[string]bool{}
		for _, f := range files {
			seen[f.Path] = true
			switch {
			case bytes.Contains(f.Data, []byte("[[.")) || bytes.Contains(f.Data, []byte("\r")) || bytes.HasPrefix(f.Data, []byte("\ufeff")):
				t.Errorf("%s: a mark of the preset, a carriage return or a BOM is left in it", f.Path)
			case strings.HasPrefix(f.Path, "_") || strings.HasSuffix(f.Path, ".in"):
				t.Errorf("%s is a file of the preset itself", f.Path)
			case f.Mode.Perm()&0o022 != 0:
				t.Errorf("%s is writable for others: %v", f.Path, f.Mode)
			case bytes.HasPrefix(f.Data, []byte("#!")) != (f.Mode&0o111 != 0):
				t.Errorf("%s has mode %v", f.Path, f.Mode)
			}
		}
		for _, want := range []string{"appimg.toml", "README.md", "app/config.json", "app/cluster.json.mustache", "app/locale/en.json", "app/locale/zh-cn.json"} {
			if !seen[want] {
				t.Errorf("no %s", want)
			}
		}
	})
}

func find(files []scaffold.File, name string) *scaffold.File {
	for i := range files {
		if files[i].Path == name {
			return &files[i]
		}
	}
	return nil
}

var (
	tomlString = regexp.MustCompile(`(?m)^(src|dest|mode|reload_cmd|check_cmd) = "([^"]*)"$`)
	optAppBin  = regexp.MustCompile(`/opt/app/bin/[\w.-]+`)
)

// Each src has its template and back; destinations differ; modes are octal and
// for nobody else to write; the scripts that are called are there.
func TestPairsAreWhole(t *testing.T) {
	eachProject(t, func(t *testing.T, _ string, files []scaffold.File) {
		used, dests := map[string]bool{}, map[string]bool{}
		for _, f := range files {
			if !strings.HasPrefix(f.Path, "confd/conf.d/") {
				continue
			}
			pair := map[string]string{}
			for _, m := range tomlString.FindAllStringSubmatch(string(f.Data), -1) {
				pair[m[1]] = m[2]
			}
			if find(files, "confd/templates/"+pair["src"]) == nil {
				t.Errorf("%s: no template %q", f.Path, pair["src"])
			}
			if used["confd/templates/"+pair["src"]] = true; dests[pair["dest"]] || !path.IsAbs(pair["dest"]) {
				t.Errorf("%s: dest %q is another pair's, or not absolute", f.Path, pair["dest"])
			}
			dests[pair["dest"]] = true
			if !regexp.MustCompile(`^0[0-7]{3}$`).MatchString(pair["mode"]) || strings.ContainsAny(pair["mode"][2:], "2367") {
				t.Errorf("%s: mode %q", f.Path, pair["mode"])
			}
		}
		for _, f := range files {
			if strings.HasPrefix(f.Path, "confd/templates/") && !used[f.Path] {
				t.Errorf("%s has no toml", f.Path)
			}
			for _, script := range optAppBin.FindAllString(string(f.Data), -1) {
				if s := find(files, "rootfs"+script); s == nil || s.Mode&0o111 == 0 {
					t.Errorf("%s calls %s, which is not there or not executable", f.Path, script)
				}
			}
		}
	})
}

func TestLocaleCoversEveryLabel(t *testing.T) {
	eachProject(t, func(t *testing.T, _ string, files []scaffold.File) {
		want := map[string]bool{}
		var config any
		if err := json.Unmarshal(find(files, "app/config.json").Data, &config); err != nil {
			t.Fatal(err)
		}
		labels(config, want)
		cluster := regexp.MustCompile(`\{\{[^}]*\}\}`).ReplaceAll(find(files, "app/cluster.json.mustache").Data, []byte("0"))
		shown(t, cluster, want)
		for _, script := range files {
			for _, m := range regexp.MustCompile(`\bexit (7\d)\b`).FindAllStringSubmatch(string(script.Data), -1) {
				want["err_code"+m[1]] = true
			}
		}
		for _, language := range []string{"en", "zh-cn"} {
			var have map[string]string
			if err := json.Unmarshal(find(files, "app/locale/"+language+".json").Data, &have); err != nil {
				t.Fatal(err)
			}
			for key := range want {
				if have[key] == "" {
					t.Errorf("%s: nothing for %q", language, key)
				}
				delete(have, key)
			}
			for key := range have {
				if !strings.HasPrefix(key, "master") {
					t.Errorf("%s: %q is shown nowhere", language, key)
				}
			}
		}
	})
}

// labels gathers what config.json shows.
func labels(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range []string{"label", "description"} {
			if s, ok := v[key].(string); ok {
				into[s] = true
			}
		}
		labels(v["properties"], into)
	case []any:
		for _, item := range v {
			labels(item, into)
		}
	}
}

// shown gathers what cluster.json shows: endpoints, monitor items, groups, enums.
func shown(t *testing.T, cluster []byte, into map[string]bool) {
	t.Helper()
	var doc struct {
		Endpoints map[string]any
		Monitor   struct {
			Items  map[string]struct{ Enums []string }
			Groups map[string][]string
		}
	}
	if err := json.Unmarshal(cluster, &doc); err != nil {
		t.Fatal(err)
	}
	for name := range doc.Endpoints {
		into[name] = true
	}
	for name, item := range doc.Monitor.Items {
		into[name] = true
		for _, e := range item.Enums {
			into[e] = true
		}
	}
	for name := range doc.Monitor.Groups {
		into[name] = true
	}
}

func TestShellcheck(t *testing.T) {
	testneed.Tool(t, "shellcheck")
	eachProject(t, func(t *testing.T, _ string, files []scaffold.File) {
		for _, f := range files {
			if f.Mode&0o111 == 0 {
				continue
			}
			cmd := exec.Command("shellcheck", "-")
			cmd.Stdin = bytes.NewReader(f.Data)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %s", f.Path, out)
			}
		}
	})
}

func TestOverlaysAndModes(t *testing.T) {
	presets := fstest.MapFS{
		"p/_summary.txt":    {Data: []byte("a summary\n")},
		"p/a.txt":           {Data: []byte("[[.Name]] as it is")},
		"p/b.txt.in":        {Data: []byte("[[.Name]] [[.Type]] {{getv \"/x\"}}")},
		"p/_docker/a.txt":   {Data: []byte("docker's")},
		"p/_kvm/only":       {Data: []byte("kvm's")},
		"p/rootfs/bin/tool": {Data: []byte("x")},
		"p/run":             {Data: []byte("#!/bin/sh\n")},
		"p/bin/x.tmpl":      {Data: []byte("#!/bin/sh\n")},
	}
	for typ, want := range map[scaffold.Type]string{
		scaffold.Docker: "644 a.txt docker's|644 b.txt n docker {{getv \"/x\"}}|644 bin/x.tmpl #!/bin/sh\n|755 rootfs/bin/tool x|755 run #!/bin/sh\n|",
		scaffold.KVM:    "644 a.txt [[.Name]] as it is|644 b.txt n kvm {{getv \"/x\"}}|644 bin/x.tmpl #!/bin/sh\n|644 only kvm's|755 rootfs/bin/tool x|755 run #!/bin/sh\n|",
	} {
		files, err := scaffold.Files(presets, "p", scaffold.Project{Name: "n", Type: typ})
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, f := range files {
			fmt.Fprintf(&got, "%o %s %s|", f.Mode, f.Path, f.Data)
		}
		if got.String() != want {
			t.Errorf("%s: got\n%s\nwant\n%s", typ, got.String(), want)
		}
	}
}

func TestProjectIsChecked(t *testing.T) {
	for _, c := range []struct {
		p    scaffold.Project
		want string
	}{
		{scaffold.Project{Name: "Zoo", Type: "docker"}, `naming project "Zoo": this is no name for an image`},
		{scaffold.Project{Name: "../zoo", Type: "docker"}, `naming project "../zoo"`},
		{scaffold.Project{Name: "zoo"}, `naming the type "": this is no type`},
		{scaffold.Project{Name: "zoo", Type: "lxc"}, `naming the type "lxc"`},
		{scaffold.Project{Name: "zoo", Type: "docker", Namespace: "a/b"}, `naming the namespace "a/b"`},
		{scaffold.Project{Name: "zoo", Type: "docker", Version: "1 2"}, `naming the version "1 2"`},
		{scaffold.Project{Name: "zoo", Type: "kvm", Zone: `a"`}, `naming the zone`},
		{scaffold.Project{Name: "zoo", Type: "kvm", Image: "zoo:1"}, `naming image "zoo:1": a kvm image has an id`},
		{scaffold.Project{Name: "zoo", Type: "docker", Image: "img-12345678"}, `naming image "img-12345678": this is a kvm image`},
		{scaffold.Project{Name: "zoo", Type: "docker", Image: `a"b`}, `naming image`},
	} {
		_, err := scaffold.Files(templates.FS(), "blank", c.p)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.p, err, c.want)
		}
	}
	if _, err := scaffold.Files(templates.FS(), "zokeeper", scaffold.Project{Name: "z", Type: "docker"}); err == nil {
		t.Error("an unknown preset was accepted")
	}
}
