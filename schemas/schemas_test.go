// Package schemas_test holds the JSON Schemas of this folder against what they
// describe: presets, and the rules that say the same.
package schemas_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/scaffold"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/rules"
	"github.com/appimg/appimg/templates"
)

func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain is v as a JSON reader sees it.
func plain(t *testing.T, v any) any {
	t.Helper()
	data, ok := v.([]byte)
	if !ok {
		var err error
		if data, err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// write writes files to a folder of their own.
func write(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, dir string) (*app.App, *app.Spec) {
	t.Helper()
	a, err := app.Open(t.Context(), dir, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := a.Expand(nil)
	if err != nil {
		t.Fatal(err)
	}
	return a, spec
}

// valid holds an app's three documents against their schemas.
func valid(t *testing.T, dir string) {
	t.Helper()
	a, spec := open(t, dir)
	docs := map[string]any{"config": a.Config.Doc.Any(), "cluster": spec.Doc.Any()}
	if a.Manifest != nil {
		var manifest map[string]any
		if _, err := toml.DecodeFile(a.Manifest.File, &manifest); err != nil {
			t.Fatal(err)
		}
		docs["appimg"] = manifest
	}
	for name, doc := range docs {
		if err := schema(t, name).Validate(plain(t, doc)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPresetsAreValid(t *testing.T) {
	presets, err := scaffold.Presets(templates.FS())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range presets {
		for _, typ := range scaffold.Types() {
			t.Run(p.Name+"/"+typ, func(t *testing.T) {
				files, err := scaffold.Files(templates.FS(), p.Name, scaffold.Project{Name: "x", Type: scaffold.Type(typ)})
				if err != nil {
					t.Fatal(err)
				}
				byName := map[string][]byte{}
				for _, f := range files {
					byName[f.Path] = f.Data
				}
				valid(t, write(t, byName))
			})
		}
	}
}

// What is published is valid, too, but for what lint does not admit either.
func TestPublishedAppsAreValid(t *testing.T) {
	corpus := testneed.Shared(t, "corpus")
	apps, err := app.Discover(t.Context(), corpus, app.Options{})
	if err != nil || len(apps) == 0 {
		t.Fatalf("%d apps (%v)", len(apps), err)
	}
	for _, a := range apps {
		found, err := validate.Check(t.Context(), corpus, validate.NewPackage(t.Context(), a), rules.All(), validate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		spec, err := a.Expand(nil)
		if err != nil {
			continue // lint says why
		}
		for name, doc := range map[string]any{"config": a.Config.Doc.Any(), "cluster": spec.Doc.Any()} {
			err := schema(t, name).Validate(plain(t, doc))
			if err != nil && !slices.ContainsFunc(found, shared) {
				t.Errorf("%s: %s: %v", a.Root, name, err)
			}
		}
	}
}

// shared reports whether a finding is of a rule that the schemas know as well.
func shared(f *validate.Finding) bool {
	return slices.Contains([]string{
		"cluster-value", "cluster-key-missing", "cluster-unreadable", "container-image", "config-property", "default-out-of-range", "service-definition",
		"health-check-bounds", "monitor-definition", "endpoint-port", "display-tabs", "backup-services", "role-names",
	}, f.Rule)
}

// documents are those of the app that the rules' fixtures are laid over, with
// cluster.json evaluated, and the app's other files.
func documents(t *testing.T) (docs map[string]any, files map[string][]byte) {
	t.Helper()
	ar, err := txtar.ParseFile("../pkg/validate/rules/testdata/base.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{}
	for _, f := range ar.Files {
		files[f.Name] = f.Data
	}
	files["appimg.toml"] = []byte(`name = "demo"`) // it names no role that a test may rename
	_, spec := open(t, write(t, files))
	return map[string]any{"config": plain(t, files["app/config.json"]), "cluster": plain(t, spec.Doc.Any())}, files
}

// lint judges an app with these documents.
func lint(t *testing.T, docs map[string]any, files map[string][]byte) []*validate.Finding {
	t.Helper()
	r, err := validate.Run(t.Context(), writeDocs(t, docs, files), rules.All(), validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Findings
}

// writeDocs writes an app with these documents.
func writeDocs(t *testing.T, docs map[string]any, files map[string][]byte) string {
	t.Helper()
	files = maps.Clone(files)
	for doc, name := range map[string]string{"config": "app/config.json", "cluster": "app/cluster.json.mustache"} {
		data, err := json.MarshalIndent(docs[doc], "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	return write(t, files)
}

func count(findings []*validate.Finding, rule string) int {
	n := 0
	for _, f := range findings {
		if f.Rule == rule {
			n++
		}
	}
	return n
}

// set is doc with a value at a path of keys and indices; nil removes what is
// there, and + appends.
func set(doc any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	key, rest := path[0], path[1:]
	switch d := doc.(type) {
	case nil:
		return map[string]any{key: set(nil, rest, value)}
	case map[string]any:
		if d[key] = set(d[key], rest, value); d[key] == nil {
			delete(d, key)
		}
		return d
	case []any:
		if key == "+" {
			return append(d, value)
		}
		i, err := strconv.Atoi(key)
		if err != nil || i >= len(d) {
			panic(fmt.Sprintf("no item %q", key))
		}
		if d[i] = set(d[i], rest, value); d[i] == nil {
			return slices.Delete(d, i, i+1)
		}
		return d
	}
	panic(fmt.Sprintf("%q leads into a %T", key, doc))
}

// Editors that know no more than draft-07 read the schemas as well.
func TestKeywordsAreOldOnes(t *testing.T) {
	known := strings.Fields(`$schema $id $ref $defs title description type enum const default examples if then else not allOf anyOf
		properties patternProperties additionalProperties required maxProperties items contains minItems maxItems
		minimum maximum minLength pattern`)
	var walk func(v any)
	walk = func(v any) {
		s, ok := v.(map[string]any)
		if !ok {
			return
		}
		for key, v := range s {
			if !slices.Contains(known, key) {
				t.Errorf("keyword %q", key)
			}
			below, _ := v.(map[string]any)
			switch key {
			case "properties", "patternProperties", "$defs":
				for _, v := range below {
					walk(v)
				}
			case "allOf", "anyOf":
				for _, v := range v.([]any) {
					walk(v)
				}
			case "const", "default", "examples", "enum":
			default:
				walk(v)
			}
		}
	}
	for _, name := range []string{"appimg", "config", "cluster"} {
		data, err := os.ReadFile(name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		walk(plain(t, data))
	}
}
