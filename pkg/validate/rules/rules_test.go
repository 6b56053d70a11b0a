package rules_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/scaffold"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/rules"
	"github.com/appimg/appimg/templates"
)

var update = flag.Bool("update", false, "write .out sections and docs anew")

func everyRule() []validate.Rule { return append(rules.All(), validate.OwnRules()...) }

func TestBaseIsSilent(t *testing.T) {
	if got := lines(base(t).lint(t)); got != "" {
		t.Errorf("the base project has findings:\n%s", got)
	}
}

// What a page shows as bad is found; what it shows as good is silent.
func TestPagesHold(t *testing.T) {
	for _, r := range everyRule() {
		t.Run(r.ID(), func(t *testing.T) {
			t.Parallel()
			page, err := rules.PageOf(r.ID())
			if err != nil {
				t.Fatal(err)
			}
			for _, lang := range rules.Languages() {
				if len(page.Why[lang]) < 20 {
					t.Errorf("no text in %s", lang)
				}
			}
			bad := lint(t, page.Bad)
			if !slices.ContainsFunc(bad, func(f *validate.Finding) bool { return f.Rule == r.ID() }) {
				t.Errorf("not found in the bad example:\n%s", lines(bad))
			}
			if good := lint(t, page.Good); len(good) > 0 {
				t.Errorf("the good example has findings:\n%s", lines(good))
			}
		})
	}
}

func lint(t *testing.T, examples []rules.Example) []*validate.Finding {
	t.Helper()
	if len(examples) == 0 {
		t.Fatal("no example")
	}
	p := base(t)
	for _, e := range examples {
		p.lay(t, e.File, e.Text, e.Whole)
	}
	return p.lint(t)
}

func TestDocumentsAreCurrent(t *testing.T) {
	for lang, file := range map[string]string{"en": "docs/rules.md", "zh-CN": "docs/zh-CN/rules.md"} {
		want, err := rules.Document(lang)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("..", "..", "..", filepath.FromSlash(file))
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s is not what the pages say: go test ./pkg/validate/rules -update (%v)", file, err)
		}
	}
}

// The files of testdata/err/*.txtar lie over the base project; .out has what is
// found.
func TestFindings(t *testing.T) {
	for _, file := range archives(t, "err") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			p := base(t)
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			for _, f := range ar.Files {
				if f.Name == ".out" {
					want = string(f.Data)
				} else {
					p.lay(t, f.Name, string(f.Data), strings.Contains(string(ar.Comment), "whole"))
				}
			}
			got := lines(p.lint(t))
			if *update && got != want {
				ar.Files = slices.DeleteFunc(ar.Files, func(f txtar.File) bool { return f.Name == ".out" })
				ar.Files = append(ar.Files, txtar.File{Name: ".out", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want || got == "" {
				t.Errorf("found:\n%s\nwanted:\n%s", got, want)
			}
		})
	}
}

// Every rule is found by a fixture, so that the places and the words of its
// findings are held.
func TestEveryRuleHasAFixture(t *testing.T) {
	var all strings.Builder
	for _, file := range archives(t, "err") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	for _, r := range everyRule() {
		if !strings.Contains(all.String(), "["+r.ID()+"]") {
			t.Errorf("no fixture in testdata/err finds %s", r.ID())
		}
	}
}

func TestFinePlacesAreSilent(t *testing.T) {
	for _, file := range archives(t, "ok") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			p := base(t)
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range ar.Files {
				p.lay(t, f.Name, string(f.Data), strings.Contains(string(ar.Comment), "whole"))
			}
			if got := lines(p.lint(t)); got != "" {
				t.Errorf("found:\n%s", got)
			}
		})
	}
}

func archives(t *testing.T, kind string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", kind, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures in testdata/%s (%v)", kind, err)
	}
	return files
}

func TestRulesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range everyRule() {
		if seen[r.ID()] || r.Title() == "" || r.Severity() == validate.Off {
			t.Errorf("rule %q: twice, or without title or severity", r.ID())
		}
		seen[r.ID()] = true
	}
	pages, err := filepath.Glob(filepath.Join("pages", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if id := strings.TrimSuffix(filepath.Base(p), ".md"); !seen[id] {
			t.Errorf("%s: no rule has this name", p)
		}
	}
}

// What appimg init writes has nothing that lint would find.
func TestPresetsAreSilent(t *testing.T) {
	presets, err := scaffold.Presets(templates.FS())
	if err != nil || len(presets) < 4 {
		t.Fatalf("%d presets, %v", len(presets), err)
	}
	for _, preset := range presets {
		for _, kind := range scaffold.Types() {
			t.Run(preset.Name+"-"+kind, func(t *testing.T) {
				files, err := scaffold.Files(templates.FS(), preset.Name, scaffold.Project{Name: "demo", Type: scaffold.Type(kind)})
				if err != nil {
					t.Fatal(err)
				}
				dir := filepath.Join(t.TempDir(), "demo")
				if err := scaffold.Create(t.Context(), dir, files, false); err != nil {
					t.Fatal(err)
				}
				if got := lines(lintDir(t, dir)); got != "" {
					t.Errorf("found:\n%s", got)
				}
			})
		}
	}
}

// Published apps are read without a crash.
func TestPublishedApps(t *testing.T) {
	corpus := testneed.Shared(t, "corpus")
	r, err := validate.Run(t.Context(), corpus, rules.All(), validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Apps) < 13 || len(r.Findings) == 0 {
		t.Errorf("%d apps, %d findings", len(r.Apps), len(r.Findings))
	}
}
