package main

import (
	"errors"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/internal/cli"
	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/validate/report"
)

// action is action.yml, as far as it is held here.
type action struct {
	Name, Description string
	Inputs            map[string]struct{ Description, Default string }
	Runs              struct {
		Using string
		Steps []actionStep
	}
}

type actionStep struct {
	Uses, Shell, Run string
	Env              map[string]string
	With             map[string]string
}

// hook is an entry of .pre-commit-hooks.yaml.
type hook struct {
	ID            string `yaml:"id"`
	Name          string `yaml:"name"`
	Description   string `yaml:"description"`
	Entry         string `yaml:"entry"`
	Language      string `yaml:"language"`
	PassFilenames bool   `yaml:"pass_filenames"`
	AlwaysRun     bool   `yaml:"always_run"`
}

// readYAML reads a file of the module's root; a key that v has not is a slip.
func readYAML(t *testing.T, name string, v any, strict bool) {
	t.Helper()
	f, err := os.Open(filepath.Join(testneed.ModuleRoot(t), name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := yaml.NewDecoder(f)
	d.KnownFields(strict)
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestPreCommitHooks(t *testing.T) {
	var hooks []hook
	readYAML(t, ".pre-commit-hooks.yaml", &hooks, true)
	if len(hooks) == 0 {
		t.Fatal("no hook")
	}
	for _, h := range hooks {
		if h.ID == "" || h.Name == "" || h.Language != "golang" || h.PassFilenames {
			t.Errorf("hook %+v", h)
		}
		known(t, ".pre-commit-hooks.yaml", h.Entry)
	}
}

func TestActionNamesWhatExists(t *testing.T) {
	var a action
	readYAML(t, "action.yml", &a, false)
	if a.Name == "" || a.Description == "" || a.Runs.Using != "composite" {
		t.Errorf("%+v", a)
	}
	used := map[string]bool{}
	for _, s := range a.Runs.Steps {
		if s.Uses == "" && s.Shell != "bash" {
			t.Errorf("a step of a composite action needs a shell: %+v", s)
		}
		if strings.Contains(s.Run, "${{") {
			t.Errorf("an expression in a script is an injection; use env: %s", s.Run)
		}
		known(t, "action.yml", s.Run)
		for _, v := range s.Env {
			name, ok := strings.CutPrefix(v, "${{ inputs.")
			name = strings.TrimSuffix(name, " }}")
			if _, declared := a.Inputs[name]; ok && !declared {
				t.Errorf("no input %q", name)
			}
			used[name] = true
		}
	}
	for name, in := range a.Inputs {
		if !used[name] || in.Description == "" {
			t.Errorf("input %q: used: %v, description %q", name, used[name], in.Description)
		}
	}
}

// What the action's steps run, on a project without faults and on one with.
func TestActionRuns(t *testing.T) {
	var a action
	readYAML(t, "action.yml", &a, false)
	root, work, temp := testneed.ModuleRoot(t), t.TempDir(), t.TempDir()
	run := func(env []string, script string) (string, error) {
		cmd := exec.Command(testneed.Tool(t, "bash"), "-e", "-o", "pipefail", "-c", script)
		cmd.Dir = work
		cmd.Env = append(append(os.Environ(), "GITHUB_ACTION_PATH="+root, "RUNNER_TEMP="+temp), env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	steps := func(path string) (out string, err error) {
		inputs := strings.NewReplacer("${{ inputs.path }}", path, "${{ inputs.fail-on }}", a.Inputs["fail-on"].Default, "${{ inputs.sarif }}", a.Inputs["sarif"].Default)
		for _, s := range a.Runs.Steps {
			var env []string
			for key, v := range s.Env {
				env = append(env, key+"="+inputs.Replace(v))
			}
			if out, err = run(env, s.Run); err != nil {
				break
			}
		}
		return out, err
	}
	if out, err := run(nil, `go -C "$GITHUB_ACTION_PATH" build -o "$RUNNER_TEMP/appimg" ./cmd/appimg && "$RUNNER_TEMP/appimg" init -q app --preset blank && mv app "my app"`); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := steps("my app"); err != nil || out != "" {
		t.Errorf("without faults: %v: %s", err, out)
	}
	if err := os.Remove(filepath.Join(work, "my app", "confd", "templates", "app.conf.tmpl")); err != nil {
		t.Fatal(err)
	}
	out, err := steps("my app")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out, "\n::error file=my app/confd/conf.d/") {
		t.Errorf("with a fault: %v: %s", err, out)
	}
	if sarif, err := os.ReadFile(filepath.Join(work, a.Inputs["sarif"].Default)); err != nil || !strings.Contains(string(sarif), `"src-missing"`) {
		t.Errorf("SARIF: %v: %.200s", err, sarif)
	}
}

var (
	yamlBlock  = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
)

// The jobs of the pages name commands, inputs and hooks that exist, and so do
// the commands that no test runs.
func TestDocsJobsNameWhatExists(t *testing.T) {
	root := testneed.ModuleRoot(t)
	jobs := 0
	for _, name := range pages(t, root) {
		text := strings.Join(readPage(t, root, name).lines, "\n")
		for _, m := range yamlBlock.FindAllStringSubmatch(text, -1) {
			var doc any
			if err := yaml.Unmarshal([]byte(m[1]), &doc); err != nil {
				t.Errorf("%s: %v in\n%s", name, err, m[1])
			}
			jobs++
			knownJob(t, name, doc)
		}
		if path.Base(name) == "rules.md" {
			continue // its scripts are examples of faults, held by the rules' own test
		}
		for _, m := range shellBlock.FindAllStringSubmatch(text, -1) {
			known(t, name, m[1])
		}
	}
	if jobs < 6 {
		t.Errorf("only %d jobs were found", jobs)
	}
}

// knownJob holds what a job says of appimg.
func knownJob(t *testing.T, name string, v any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			knownJob(t, name, item)
		}
	case map[string]any:
		if uses, _ := v["uses"].(string); strings.HasPrefix(uses, "appimg/appimg@") {
			knownInputs(t, name, v["with"])
		}
		if repo, _ := v["repo"].(string); strings.HasSuffix(repo, "/appimg/appimg") {
			knownHooks(t, name, v["hooks"])
		}
		for key, below := range v {
			for _, script := range scripts(below) {
				if key == "run" || key == "script" {
					known(t, name, script)
				}
			}
			knownJob(t, name, below)
		}
	}
}

// scripts are the lines of a script: of one text, or of a list of them.
func scripts(v any) []string {
	if text, ok := v.(string); ok {
		return []string{text}
	}
	var out []string
	list, _ := v.([]any)
	for _, item := range list {
		if text, ok := item.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

func knownInputs(t *testing.T, name string, with any) {
	t.Helper()
	var a action
	readYAML(t, "action.yml", &a, false)
	inputs, _ := with.(map[string]any)
	for key := range inputs {
		if _, ok := a.Inputs[key]; !ok {
			t.Errorf("%s: the action has no input %q", name, key)
		}
	}
}

func knownHooks(t *testing.T, name string, list any) {
	t.Helper()
	var hooks []hook
	readYAML(t, ".pre-commit-hooks.yaml", &hooks, true)
	items, _ := list.([]any)
	if len(items) == 0 {
		t.Errorf("%s: no hooks", name)
	}
	for _, item := range items {
		id := item.(map[string]any)["id"]
		if !slices.ContainsFunc(hooks, func(h hook) bool { return h.ID == id }) {
			t.Errorf("%s: no hook %q", name, id)
		}
	}
}

// known holds the calls of appimg in a script against its commands and flags.
func known(t *testing.T, name, script string) {
	t.Helper()
	file, err := syntax.NewParser().Parse(strings.NewReader(script), name)
	if err != nil {
		t.Errorf("%s: %v in\n%s", name, err, script)
		return
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 && path.Base(wordText(call.Args[0])) == "appimg" {
			var args []string
			for _, w := range call.Args[1:] {
				args = append(args, wordText(w))
			}
			if err := knownCall(args); err != nil {
				t.Errorf("%s: appimg %s: %v", name, strings.Join(args, " "), err)
			}
		}
		return true
	})
}

// wordText is a word with VALUE for what only the shell knows.
func wordText(w *syntax.Word) string {
	var b strings.Builder
	var add func(parts []syntax.WordPart)
	add = func(parts []syntax.WordPart) {
		for _, part := range parts {
			switch part := part.(type) {
			case *syntax.Lit:
				b.WriteString(part.Value)
			case *syntax.SglQuoted:
				b.WriteString(part.Value)
			case *syntax.DblQuoted:
				add(part.Parts)
			default:
				b.WriteString("VALUE")
			}
		}
	}
	add(w.Parts)
	return b.String()
}

// knownCall tells what is wrong with arguments of appimg.
func knownCall(args []string) error {
	cmd, rest, err := cli.Command().Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil || cmd.Name() != "lint" {
		return err
	}
	formats, err := cmd.Flags().GetStringArray("format")
	for _, f := range formats {
		if form, _, _ := strings.Cut(f, "="); !slices.Contains(report.Formats(), form) {
			return errors.New("no format " + form)
		}
	}
	return err
}

func TestKnownCall(t *testing.T) {
	for call, want := range map[string]bool{
		"lint": true, "lint . --format sarif=x": true, "package -o x.zip --force": true, "-q metadata show": true,
		"lnit": false, "lint --fial-on error": false, "lint --format sarfi=x": false, "metadata show --nod x": false,
	} {
		if err := knownCall(strings.Fields(call)); (err == nil) != want {
			t.Errorf("appimg %s: %v", call, err)
		}
	}
}
