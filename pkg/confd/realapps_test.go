package confd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// The rendered files of published apps, where the reference material is there:
// <app>/<package>/<path of conf.d, / as ->/<role>/{self.json,expected/,errors.txt}.
func TestRealApps(t *testing.T) {
	root := testneed.Shared(t, "realapps")
	corpus := testneed.Shared(t, "corpus")
	roles, err := filepath.Glob(root + "/*/*/*/*/self.json")
	if err != nil || len(roles) == 0 {
		t.Fatal("no roles found", err)
	}
	pairs := 0
	for _, self := range roles {
		role := filepath.Dir(self)
		rel, _ := filepath.Rel(root, role)
		t.Run(rel, func(t *testing.T) {
			parts := strings.Split(rel, "/")
			confdir := findConfdir(filepath.Join(corpus, parts[0]), parts[2])
			if confdir == "" {
				t.Skip("needs a conf.d, which this part of the corpus lacks")
			}
			pairs += checkRole(t, role, confdir)
		})
	}
	if pairs < 100 {
		t.Errorf("only %d pairs were compared", pairs)
	}
}

// findConfdir is the conf.d whose path below app, with dashes, is name.
func findConfdir(app, name string) string {
	found := ""
	_ = filepath.WalkDir(app, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "conf.d" {
			if rel, _ := filepath.Rel(app, p); strings.ReplaceAll(rel, "/", "-") == name {
				found = p
			}
		}
		return nil
	})
	return found
}

func checkRole(t *testing.T, role, confd_d string) (pairs int) {
	data, err := os.ReadFile(filepath.Join(role, "self.json"))
	mustDo(t, err)
	var doc any
	mustDo(t, json.Unmarshal(data, &doc))
	refused := errorsOf(t, filepath.Join(role, "errors.txt"))
	tomls, err := filepath.Glob(confd_d + "/*.toml")
	mustDo(t, err)
	for _, file := range tomls {
		name := strings.TrimSuffix(filepath.Base(file), ".toml")
		got, err := renderPair(t, file, doc)
		want, noFile := os.ReadFile(filepath.Join(role, "expected", name))
		why, refuse := refused[name]
		switch {
		case refuse != (err != nil):
			t.Errorf("%s: refused: %v, want %q", name, err, why)
		case refuse:
			checkPlace(t, name, err, why)
			pairs++
		case noFile != nil:
			t.Logf("%s: nothing recorded", name)
		case !bytes.Equal(got, want):
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		default:
			pairs++
		}
	}
	return pairs
}

// checkPlace holds our place of an execution error against the recorded one.
func checkPlace(t *testing.T, name string, err error, why string) {
	var te *confd.TemplateError
	if !strings.Contains(why, ": executing ") {
		return
	}
	if !errors.As(err, &te) {
		t.Errorf("%s: %v is no TemplateError", name, err)
		return
	}
	if !strings.Contains(why, "<"+te.Expr+">") || !strings.HasSuffix(why, te.Err.Error()) {
		t.Errorf("%s: %v, want %s", name, err, why)
	}
	if te.Key == "" || diag.PosOf(err).Line == 0 {
		t.Errorf("%s: %+v has no key or place", name, te)
	}
}

func errorsOf(t *testing.T, file string) map[string]string {
	data, err := os.ReadFile(file)
	mustDo(t, err)
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, why, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			out[name] = why
		}
	}
	return out
}

func renderPair(t *testing.T, file string, doc any) ([]byte, error) {
	r, err := confd.ReadResource(file)
	if err != nil {
		return nil, err
	}
	text, path, err := templateText(filepath.Dir(filepath.Dir(file)), r.Src)
	if err != nil {
		return nil, err
	}
	tmpl, err := confd.ParseTemplate(path, text, nil)
	if err != nil {
		return nil, err
	}
	s, err := confd.LoadStore(context.Background(), confd.TreeSource("/self", doc), "/self", r.Keys)
	mustDo(t, err)
	var out bytes.Buffer
	err = tmpl.Render(&out, s)
	return out.Bytes(), err
}

// templateText reads a template, or puts together the parts of its folder.
func templateText(confdir, src string) (text, path string, err error) {
	for _, sub := range []string{"templates", "template", "tmpl"} {
		path = filepath.Join(confdir, sub, src)
		if data, err := os.ReadFile(path); err == nil {
			return string(data), path, nil
		}
		parts, _ := filepath.Glob(filepath.Join(strings.TrimSuffix(path, ".tmpl"), "*.tmpl"))
		sort.Strings(parts)
		for _, p := range parts {
			data, err := os.ReadFile(p)
			if err != nil {
				return "", "", err
			}
			text += string(data) + "\n"
		}
		if parts != nil {
			return text, path, nil
		}
	}
	return "", "", os.ErrNotExist
}
