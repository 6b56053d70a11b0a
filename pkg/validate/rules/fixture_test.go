package rules_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// project is files by their path.
type project map[string]string

// base is the app that examples and fixtures lie over.
func base(t *testing.T) project {
	t.Helper()
	return archive(t, filepath.Join("testdata", "base.txtar"))
}

func archive(t *testing.T, file string) project {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := project{}
	for _, f := range ar.Files {
		p[f.Name] = string(f.Data)
	}
	return p
}

// lay puts a file over the project: JSON is merged into what is there, nothing
// removes it.
func (p project) lay(t *testing.T, name, text string, whole bool) {
	t.Helper()
	isJSON := strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".mustache")
	if (whole || isJSON) && strings.TrimSpace(text) == "" {
		delete(p, name)
		return
	}
	if whole || !isJSON || p[name] == "" {
		p[name] = text
		return
	}
	o := jsondoc.Options{Mustache: true}
	fragment, faults := jsondoc.ParseTolerant(name, []byte(text), o)
	if len(faults) > 0 {
		t.Fatalf("%s: %v", name, faults[0].Err())
	}
	doc, _ := jsondoc.ParseTolerant(name, []byte(p[name]), o)
	out, err := jsondoc.Apply(name, []byte(p[name]), o, changes(text, doc, fragment, nil)...)
	if err != nil {
		t.Fatal(err)
	}
	p[name] = string(out)
}

// changes set what fragment has: members one by one, items of lists of objects
// by their place, everything else as a whole. null removes.
func changes(text string, old, fragment *jsondoc.Value, path []string) []jsondoc.Change {
	at := func(step string) []string { return append(slices.Clone(path), step) }
	var out []jsondoc.Change
	switch {
	case old != nil && fragment.Kind == jsondoc.Null:
		return []jsondoc.Change{jsondoc.Remove(path...)}
	case old != nil && fragment.Kind == jsondoc.Object && old.Kind == jsondoc.Object:
		for _, m := range fragment.Members {
			out = append(out, changes(text, old.Get(m.Key), m.Value, at(m.Key))...)
		}
		return out
	case old != nil && objects(fragment) && objects(old):
		for i, item := range fragment.Items {
			if i < len(old.Items) {
				out = append(out, changes(text, old.Items[i], item, at(strconv.Itoa(i)))...)
			} else {
				out = append(out, jsondoc.AppendItem(text[item.Start:item.Stop], path...))
			}
		}
		return out
	}
	return []jsondoc.Change{jsondoc.SetValue(text[fragment.Start:fragment.Stop], path...)}
}

func objects(v *jsondoc.Value) bool {
	return v.Kind == jsondoc.Array && len(v.Items) > 0 && v.Items[0].Kind == jsondoc.Object
}

// lint writes the project and lints it.
func (p project) lint(t *testing.T) []*validate.Finding {
	t.Helper()
	return lintDir(t, p.write(t))
}

func (p project) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, p.memory()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// memory is the project as a file system.
func (p project) memory() fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range p {
		mode := fs.FileMode(0o644)
		if strings.Contains(name, "/bin/") && !strings.Contains(name, "templates/") {
			mode = 0o755
		}
		files[name] = &fstest.MapFile{Data: []byte(text), Mode: mode}
	}
	return files
}

// line is a finding as .out files have it.
func line(f *validate.Finding) string {
	s := fmt.Sprintf("%s:%d:%d: %s: %s [%s]", f.File, f.Line, f.Col, f.Severity, f.Message, f.Rule)
	if f.Role != "" {
		s += " role=" + f.Role
	}
	if f.Fix != "" {
		s += " fix=" + f.Fix
	}
	return s
}

func lines(findings []*validate.Finding) string {
	var out strings.Builder
	for _, f := range findings {
		out.WriteString(line(f) + "\n")
	}
	return out.String()
}
