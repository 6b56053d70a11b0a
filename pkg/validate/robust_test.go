package validate_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/sh"
	"github.com/appimg/appimg/pkg/validate"
)

// everything is a rule that looks at all there is.
func everything(t *testing.T) validate.Rule {
	return validate.NewRule("everything", validate.Info, "", func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
		for _, f := range p.Files() {
			if text, ok := p.Text(f.Path); ok {
				_, _ = p.Shell(text)
			}
			if p.File(f.Path) != f {
				t.Errorf("%s is not the file of its path", f.Path)
			}
		}
		for _, rendering := range p.Renderings() {
			for _, o := range rendering.Outputs {
				o.Origin(1)
			}
		}
		for _, pair := range p.Pairs() {
			if pair.Err != nil {
				r.At(diag.Pos{File: pair.File}, "%v", pair.Err)
			}
		}
		return nil
	})
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

const (
	minimalCluster = `{"name": "x", "description": "", "vxnet": "", "nodes": [{"count": 1, "container": {"type": "kvm", "image": "img-12345678", "zone": "a"}}]}`
	minimalPair    = "[template]\nsrc = \"a.tmpl\"\ndest = \"/a\"\nkeys = [\"/\"]\n"
)

func minimal(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "app", "cluster.json.mustache"), minimalCluster)
	write(t, filepath.Join(dir, "confd", "conf.d", "a.toml"), minimalPair)
	write(t, filepath.Join(dir, "confd", "templates", "a.tmpl"), `{{getv "/cluster/cluster_id"}}`)
	return dir
}

// A repository may hold anything: loops of links, links out of it, devices,
// huge files, binary files with the names of templates.
func TestWhateverARepositoryHolds(t *testing.T) {
	dir := minimal(t)
	link(t, "..", filepath.Join(dir, "confd", "loop"))
	link(t, "loop2", filepath.Join(dir, "loop2"))
	link(t, "/", filepath.Join(dir, "confd", "templates", "root"))
	link(t, "/dev/zero", filepath.Join(dir, "confd", "conf.d", "zero.toml"))
	link(t, "/etc/passwd", filepath.Join(dir, "app", "config.json"))
	noise := make([]byte, 1<<16)
	for i := range noise {
		noise[i] = byte(rand.UintN(256))
	}
	for _, name := range []string{"confd/conf.d/noise.toml", "confd/templates/noise.tmpl", "app/locale/en.json", "run.sh"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), string(noise))
	}
	big := filepath.Join(dir, "confd", "templates", "big.tmpl")
	write(t, big, "")
	if err := os.Truncate(big, 1<<30); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pipe.sh", "app/locale/zh-cn.json", "confd/conf.d/pipe.toml", "confd/templates/pipe.tmpl", "confd/Dockerfile"} {
		pipe(t, filepath.Join(dir, filepath.FromSlash(name)))
	}
	r, err := validate.Run(t.Context(), dir, []validate.Rule{everything(t)}, validate.Options{})
	if err == nil && len(r.Findings) == 0 {
		t.Error("nothing was found")
	}
}

// pipe makes a named pipe: opening one waits for a writer.
func pipe(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(name, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A file of the app that cannot be read is a finding, whatever it is; the
// other apps of the repository are looked at all the same.
func TestUnreadableFiles(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, file string){
		"pipe":   pipe,
		"folder": func(t *testing.T, file string) { write(t, filepath.Join(file, "x"), "") },
		"link":   func(t *testing.T, file string) { link(t, "/dev/zero", file) },
		"large": func(t *testing.T, file string) {
			write(t, file, "")
			if err := os.Truncate(file, 1<<30); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for _, file := range []string{"app/config.json", "app/cluster.json.mustache", "appimg.toml"} {
			if name == "folder" && file != "app/config.json" {
				continue // a folder of that name makes no app
			}
			t.Run(name+" "+file, func(t *testing.T) {
				dir := t.TempDir()
				write(t, filepath.Join(dir, "good", "app", "cluster.json.mustache"), minimalCluster)
				write(t, filepath.Join(dir, "bad", "app", "cluster.json.mustache"), minimalCluster)
				bad := filepath.Join(dir, "bad", filepath.FromSlash(file))
				if err := os.RemoveAll(bad); err != nil {
					t.Fatal(err)
				}
				spoil(t, bad)
				r, err := validate.Run(t.Context(), dir, []validate.Rule{everything(t)}, validate.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if len(r.Findings) != 1 || r.Findings[0].Rule != validate.UnreadableID || r.Findings[0].File != "bad/"+file {
					t.Errorf("findings %+v", r.Findings)
				}
				if len(r.Apps) != 1 {
					t.Errorf("%d apps were looked at", len(r.Apps))
				}
			})
		}
	}
}

// Shell that would exhaust the parser's stack, or the memory, is left out, and
// that is said.
func TestShellThatIsNotParsed(t *testing.T) {
	for name, text := range map[string]string{
		"deep": strings.Repeat("(", 100_000),
		"long": strings.Repeat("true && ", 50_000) + "true",
	} {
		p := validate.NewPackage(t.Context(), &app.App{Root: t.TempDir()})
		_, err := p.Shell(text)
		var left *sh.Unparsed
		if !errors.As(err, &left) || left.Error() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := validate.NewPackage(t.Context(), &app.App{Root: t.TempDir()})
	parsed := 0
	for i := range 100 {
		if _, err := p.Shell(fmt.Sprintf("echo %d\n", i) + strings.Repeat("# a comment\n", 10_000)); err == nil {
			parsed++
		}
	}
	if parsed == 0 || parsed == 100 {
		t.Errorf("%d of 100 long scripts were parsed", parsed)
	}
}

// What is left out is told file by file, and beyond ten by its number.
func TestWhatIsLeftOutIsTold(t *testing.T) {
	dir := minimal(t)
	rule := validate.NewRule("left-out", validate.Info, "", func(_ context.Context, p *validate.Package, _ *validate.Reporter) error {
		for i := range 30 {
			p.LeaveOut(filepath.Join(dir, fmt.Sprintf("file%02d", i%15)), "it is long")
		}
		return nil
	})
	r, err := validate.Run(t.Context(), dir, []validate.Rule{rule}, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := told(r)
	if len(got) != 11 || got[0] != "file00: info: this file was not checked: it is long" || got[10] != "file10: info: this file was not checked: it is long (5 like it, from here on)" {
		t.Errorf("findings:\n%s", strings.Join(got, "\n"))
	}
}

// told are the findings about what was not checked.
func told(r *validate.Result) []string {
	var out []string
	for _, f := range r.Findings {
		if f.Rule == validate.NotCheckedID {
			out = append(out, fmt.Sprintf("%s: %s: %s", f.File, f.Severity, f.Message))
		}
	}
	return out
}

// A file that is too long to be read is told where its name says that rules would
// read it; one that is read for what it is has its own bound.
func TestLongFilesAreTold(t *testing.T) {
	dir := minimal(t)
	for _, name := range []string{"app/config.json", "app/locale/en.json", "confd/templates/b.tmpl", "opt/run.sh", "opt/data.bin"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		write(t, file, "{}\n")
		if err := os.Truncate(file, 1<<20+1); err != nil {
			t.Fatal(err)
		}
	}
	r, err := validate.Run(t.Context(), dir, []validate.Rule{everything(t)}, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := told(r); len(got) != 1 || got[0] != "opt/run.sh: info: this file was not checked: it has 1.1 MiB, and lint reads files up to 1 MiB" {
		t.Errorf("findings:\n%s", strings.Join(got, "\n"))
	}
}

// What a template makes is read up to a length, and only so much is kept of all; a
// template that was too much is not tried on every cluster.
func TestLongOutputs(t *testing.T) {
	ten := `{{$x := split "0,1,2,3,4,5,6,7,8,9" ","}}`
	nested := func(levels int, text string) string {
		return ten + strings.Repeat("{{range $x}}", levels) + text + strings.Repeat("{{end}}", levels)
	}
	for name, c := range map[string]struct{ template, told, err string }{
		"long":    {nested(4, strings.Repeat("x", 200)), "confd/templates/a.tmpl: info: this file was not checked: what it becomes has more than 1 MiB", "what it becomes has more than 1 MiB"},
		"short":   {nested(3, "x"), "", ""},
		"endless": {nested(7, "xx"), "", "more than 5000000 steps: a loop without end?"},
	} {
		dir := minimal(t)
		write(t, filepath.Join(dir, "confd", "templates", "a.tmpl"), c.template)
		rule := validate.NewRule("outputs", validate.Info, "", func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, o := range p.Renderings()[0].Outputs {
				if got := o.Err; c.err != "" && (got == nil || !strings.Contains(got.Error(), c.err)) || c.err == "" && got != nil {
					t.Errorf("%s: error %v", name, got)
				}
			}
			return nil
		})
		r, err := validate.Run(t.Context(), dir, []validate.Rule{rule}, validate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(told(r), "\n"); got != c.told {
			t.Errorf("%s: findings: %s", name, got)
		}
	}
}

// What a search for several apps did not look into is told, whichever kind they are.
func TestWhatTheSearchMissedIsTold(t *testing.T) {
	for name, app := range map[string]string{"project": "appimg.toml", "unconverted": "app/cluster.json.mustache"} {
		dir := t.TempDir()
		for _, at := range []string{"one", "two"} {
			write(t, filepath.Join(dir, at, filepath.FromSlash(app)), map[string]string{"project": "name = \"demo\"\n", "unconverted": minimalCluster}[name])
		}
		write(t, filepath.Join(dir, filepath.FromSlash(strings.Repeat("d/", 45)), "x"), "")
		r, err := validate.Run(t.Context(), dir, []validate.Rule{everything(t)}, validate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := told(r); len(got) != 1 || !strings.Contains(got[0], "d/d: error: ") || !strings.HasSuffix(got[0], "it lies more than 40 folders deep") {
			t.Errorf("%s: findings:\n%s", name, strings.Join(got, "\n"))
		}
	}
}

// What lies beside several apps is the same for all of them, without what lies
// in them.
func TestBeside(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"one", "two"} {
		write(t, filepath.Join(dir, name, "app", "cluster.json.mustache"), minimalCluster)
	}
	write(t, filepath.Join(dir, "shared", "x.sh"), "true")
	var seen []*validate.Package
	rule := validate.NewRule("beside", validate.Info, "", func(_ context.Context, p *validate.Package, _ *validate.Reporter) error {
		seen = append(seen, p.Beside())
		return nil
	})
	if _, err := validate.Run(t.Context(), dir, []validate.Rule{rule}, validate.Options{}); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 2 || seen[0] == nil || seen[0] != seen[1] {
		t.Fatalf("beside %v", seen)
	}
	if files := seen[0].Files(); len(files) != 1 || files[0].Rel != "shared/x.sh" {
		t.Errorf("%d files beside", len(files))
	}
}

func TestManyFiles(t *testing.T) {
	dir := minimal(t)
	for i := range 51_000 {
		if i%500 == 0 {
			write(t, filepath.Join(dir, "many", fmt.Sprint(i/500), "first"), "x")
		}
		if err := os.Link(filepath.Join(dir, "many", fmt.Sprint(i/500), "first"), filepath.Join(dir, "many", fmt.Sprint(i/500), fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	complete := true
	rule := validate.NewRule("files", validate.Info, "", func(_ context.Context, p *validate.Package, _ *validate.Reporter) error {
		complete = p.Complete()
		if n := len(p.Files()); n != 50_000 {
			t.Errorf("%d files", n)
		}
		return nil
	})
	r, err := validate.Run(t.Context(), dir, []validate.Rule{rule}, validate.Options{Only: []string{"files"}})
	if err != nil {
		t.Fatal(err)
	}
	if complete {
		t.Error("a repository that was cut passes for complete")
	}
	if len(r.Findings) != 1 || r.Findings[0].Rule != validate.NotCheckedID || r.Findings[0].Severity != validate.Error {
		t.Errorf("what was not checked is not told: %v", r.Findings)
	}
}

func TestARuleThatPanicsIsAnError(t *testing.T) {
	rule := validate.NewRule("bad", validate.Info, "", func(context.Context, *validate.Package, *validate.Reporter) error { panic("oh") })
	if _, err := validate.Run(t.Context(), minimal(t), []validate.Rule{rule}, validate.Options{}); err == nil {
		t.Error("no error")
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := validate.Run(ctx, minimal(t), []validate.Rule{everything(t)}, validate.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Unsaved text of an editor is linted in place of the file.
func TestOverlay(t *testing.T) {
	dir := minimal(t)
	file := filepath.Join(dir, "confd", "templates", "a.tmpl")
	var content string
	rule := validate.NewRule("content", validate.Info, "", func(_ context.Context, p *validate.Package, _ *validate.Reporter) error {
		content = p.Rendered().Outputs[0].Content
		return nil
	})
	o := validate.Options{Files: app.Options{Overlay: map[string][]byte{file: []byte("unsaved")}}}
	if _, err := validate.Run(t.Context(), dir, []validate.Rule{rule}, o); err != nil {
		t.Fatal(err)
	}
	if content != "unsaved" {
		t.Errorf("rendered %q", content)
	}
}

// Each line leads back to the part of the template that made it.
func TestOriginOfLines(t *testing.T) {
	dir := minimal(t)
	write(t, filepath.Join(dir, "confd", "templates", "a", "01.head.tmpl"), "# head\n{{range lsdir \"/hosts\"}}  host={{.}}\n{{end}}")
	write(t, filepath.Join(dir, "confd", "templates", "a", "02.tail.tmpl"), "tail=1\n")
	if err := os.Remove(filepath.Join(dir, "confd", "templates", "a.tmpl")); err != nil {
		t.Fatal(err)
	}
	rule := validate.NewRule("origin", validate.Info, "", func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
		o := p.Rendered().Outputs[0]
		for n, want := range map[int]string{1: "01.head.tmpl:1:1", 2: "01.head.tmpl:2:27", 4: "02.tail.tmpl:1:1"} {
			pos := o.Origin(n)
			if pos.File = filepath.Base(pos.File); pos.String() != want {
				t.Errorf("line %d of %q comes from %s, want %s", n, o.Content, pos, want)
			}
		}
		return nil
	})
	if _, err := validate.Run(t.Context(), dir, []validate.Rule{rule}, validate.Options{}); err != nil {
		t.Fatal(err)
	}
}

// Two apps of a repository share their pairs: what only one of them lacks is
// what the other one is for.
func TestSharedPairs(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"one", "two"} {
		write(t, filepath.Join(dir, name, "app", "cluster.json.mustache"), minimalCluster)
	}
	write(t, filepath.Join(dir, "confd", "conf.d", "a.toml"), minimalPair)
	write(t, filepath.Join(dir, "confd", "templates", "a.tmpl"), "x")
	rule := validate.NewRule("shared", validate.Info, "", func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
		if len(p.Pairs()) != 1 {
			t.Errorf("%s has %d pairs", p.App.Name, len(p.Pairs()))
			return nil
		}
		r.At(diag.Pos{File: p.Pairs()[0].File, Line: 1}, "both")
		if p.App.Name == "one" {
			r.At(diag.Pos{File: p.Pairs()[0].File, Line: 2}, "one alone")
		}
		return nil
	})
	r, err := validate.Run(t.Context(), dir, []validate.Rule{rule}, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) != 1 || r.Findings[0].Line != 1 {
		t.Errorf("%d findings, the first %+v", len(r.Findings), r.Findings[0])
	}
}

// FuzzRun lints an app of any bytes.
func FuzzRun(f *testing.F) {
	f.Add([]byte(minimalCluster), []byte(`{}`), []byte(minimalPair), []byte(`{{getv "/env/x"}}`))
	f.Add([]byte(`{"nodes": {{a}}`), []byte(`[`), []byte(`[template`), []byte(`{{range}}`))
	f.Fuzz(func(t *testing.T, cluster, config, pair, tmpl []byte) {
		files := fstest.MapFS{
			"app/cluster.json.mustache": {Data: cluster}, "app/config.json": {Data: config},
			"confd/conf.d/a.toml": {Data: pair}, "confd/templates/a.tmpl": {Data: tmpl},
		}
		o := validate.Options{Files: app.Options{FS: files}}
		if _, err := validate.Run(t.Context(), ".", []validate.Rule{everything(t)}, o); err != nil {
			t.Fatal(err)
		}
	})
}
