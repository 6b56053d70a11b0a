package persist_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist"
)

var update = flag.Bool("update", false, "write what is found into the fixtures")

// Each fixture is a repository as a txtar archive. Its comment names the roles:
//
//	roles: main=/data proxy= client=! lb=@other      (= no volume, =! user_access, @ another image)
//	home: deploy (the folder that app/ lies in)
//	docker: main (their containers are Docker's; all others are VMs)
//	cmd main start: /opt/app/bin/start.sh
//	env main key: value
//	scripts: none (else programs that commands call, and the fixture has not, are there)
//
// Files below twin/ replace those of the same name; with them the rule must be
// silent. Lines of want are "file:line severity role kind path", and are all
// that is found; those of silent are "file text why": what a hasty reader would
// take for a finding.
func TestFixtures(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	more, _ := filepath.Glob("testdata/*/*.txtar")
	if files = append(files, more...); err != nil || len(more) < 115 {
		t.Fatalf("fixtures: %d, %v", len(files), err)
	}
	for _, file := range files {
		name, _ := filepath.Rel("testdata", file)
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := lint(t, archive, false)
			want := section(archive, "want")
			if *update && got != want {
				setSection(archive, "want", got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("found:\n%swanted:\n%s", got, want)
			}
			checkSilent(t, archive, got)
			if !hasTwin(archive) {
				return
			}
			if got := lint(t, archive, true); got != section(archive, "twin-want") {
				t.Errorf("the mended one has:\n%s", got)
			}
		})
	}
}

// checkSilent holds the lines of silent against the fixture's files and against
// what is found.
func checkSilent(t *testing.T, a *txtar.Archive, got string) {
	t.Helper()
	for line := range strings.Lines(section(a, "silent")) {
		file, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		text, _, _ := strings.Cut(rest, " ")
		if text == "" || !strings.Contains(section(a, file), text) {
			t.Errorf("silent: %s has no %q", file, text)
		}
		for found := range strings.Lines(got) {
			at, _, _ := strings.Cut(found, ":")
			if at == file && strings.HasSuffix(strings.TrimSpace(found), " "+text) {
				t.Errorf("not silent: %s", found)
			}
		}
	}
}

func hasTwin(a *txtar.Archive) bool {
	return slices.ContainsFunc(a.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "twin") })
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func setSection(a *txtar.Archive, name, text string) {
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	if text != "" {
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
	}
}

// lint writes the archive into a folder and runs the rule there.
func lint(t *testing.T, a *txtar.Archive, twin bool) string {
	t.Helper()
	dir := unpack(t, a, twin)
	result, err := validate.Run(context.Background(), dir, []validate.Rule{persist.Rule()}, validate.Options{Only: []string{persist.ID}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range result.Findings {
		if f.Message == "" || f.Fix == "" || f.Rule != persist.ID {
			t.Errorf("finding without words: %+v", f)
		}
		checkSpan(t, dir, f)
		role := f.Role
		if role == "" {
			role = "-"
		}
		fmt.Fprintf(&b, "%s:%d %s %s %s %s\n", f.File, f.Line, f.Severity, role, f.Kind, f.Path)
	}
	return b.String()
}

// checkSpan holds that a place ends on its line, and that it is that of the path where
// the path stands there as it is.
func checkSpan(t *testing.T, dir string, f *validate.Finding) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, f.File))
	if err != nil {
		t.Fatal(err)
	}
	line := []rune(strings.Split(string(text), "\n")[f.Line-1])
	if f.Col == 0 || f.Col > len(line) {
		return
	}
	if f.EndLine != f.Line || f.EndCol <= f.Col || f.EndCol > len(line)+1 {
		t.Fatalf("%s:%d:%d: the place ends at %d:%d", f.File, f.Line, f.Col, f.EndLine, f.EndCol)
	}
	if strings.HasPrefix(string(line[f.Col-1:]), f.Path) && string(line[f.Col-1:f.EndCol-1]) != f.Path {
		t.Errorf("%s:%d:%d to %d is not %q", f.File, f.Line, f.Col, f.EndCol, f.Path)
	}
}

func unpack(t *testing.T, a *txtar.Archive, twin bool) string {
	t.Helper()
	dir := t.TempDir()
	home := "app"
	if _, rest, ok := strings.Cut(string(a.Comment), "\nhome: "); ok {
		home = strings.Fields(rest)[0] + "/app"
	}
	write(t, dir, home+"/config.json", []byte(`{"type":"array","properties":[]}`))
	write(t, dir, home+"/cluster.json.mustache", []byte(cluster(t, string(a.Comment), twin)))
	for _, prefix := range []string{"", "twin/"} {
		for _, f := range a.Files {
			name, ok := strings.CutPrefix(f.Name, prefix)
			if !ok || prefix == "" && strings.HasPrefix(f.Name, "twin") || f.Name == "want" || f.Name == "silent" || prefix != "" && !twin {
				continue
			}
			if target, isLink := strings.CutPrefix(string(f.Data), "-> "); isLink {
				link(t, dir, name, strings.TrimSpace(target))
				continue
			}
			write(t, dir, name, f.Data)
		}
	}
	if !strings.Contains(string(a.Comment), "\nscripts: none\n") {
		programs(t, dir, a)
	}
	return dir
}

// programs puts what commands call, and the fixture has not, into the repository.
func programs(t *testing.T, dir string, a *txtar.Archive) {
	t.Helper()
	for _, m := range called.FindAllStringSubmatch(string(a.Comment), -1) {
		for _, word := range strings.Fields(m[1]) {
			word = strings.Trim(word, `"'`)
			name := path.Base(word)
			has := slices.ContainsFunc(a.Files, func(f txtar.File) bool { return path.Base(f.Name) == name })
			if (path.IsAbs(word) || word == "appctl") && !has {
				write(t, dir, "programs/"+name, []byte("\x7fELF\x00"))
			}
		}
	}
}

// called matches the commands in a fixture's comment.
var called = regexp.MustCompile(`(?m)^(?:twin )?cmd \S+ \S+: (.*)$`)

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, dir, name, target string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, file); err != nil {
		t.Fatal(err)
	}
}

// cluster makes cluster.json.mustache of the lines of a fixture's comment.
func cluster(t *testing.T, comment string, twin bool) string {
	t.Helper()
	var roles, docker []string
	mounts, services, env := map[string]string{}, map[string][]string{}, map[string][]string{}
	for line := range strings.Lines(comment) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "twin "); ok {
			if !twin {
				continue
			}
			line = rest
		}
		if rest, ok := strings.CutPrefix(line, "roles:"); ok {
			roles = nil
			for _, f := range strings.Fields(rest) {
				name, mount, _ := strings.Cut(f, "=")
				roles = append(roles, name)
				mounts[name] = mount
			}
		}
		if rest, ok := strings.CutPrefix(line, "docker:"); ok {
			docker = strings.Fields(rest)
		}
		if rest, ok := strings.CutPrefix(line, "cmd "); ok {
			head, cmd, _ := strings.Cut(rest, ": ")
			role, service, _ := strings.Cut(head, " ")
			services[role] = append(services[role], fmt.Sprintf("%q: {\"cmd\": %q}", service, cmd))
		}
		if rest, ok := strings.CutPrefix(line, "env "); ok {
			head, value, _ := strings.Cut(rest, ": ")
			role, key, _ := strings.Cut(head, " ")
			env[role] = append(env[role], fmt.Sprintf("%q: %q", key, strings.Trim(value, `"`)))
		}
	}
	if len(roles) == 0 {
		t.Fatal("no roles: line in the comment")
	}
	var nodes []string
	for _, r := range roles {
		one := node(r, mounts[r], services[r], env[r], len(roles) == 1)
		if slices.Contains(docker, r) {
			one = strings.Replace(one, `"type": "kvm", "zone": "z1", "image": "img-`, `"type": "docker", "image": "app/`, 1)
		}
		nodes = append(nodes, one)
	}
	return `{"name": "app", "description": "", "vxnet": "vxnet-0", "nodes": [` + strings.Join(nodes, ",\n") + "]}\n"
}

func node(role, mount string, services, env []string, only bool) string {
	parts := []string{`"container": {"type": "kvm", "zone": "z1", "image": "img-12345678"}`, `"count": 1`, `"cpu": 1`, `"memory": 1024`}
	if !only || role != "-" {
		parts = append(parts, fmt.Sprintf("\"role\": %q", role))
	}
	if strings.HasPrefix(mount, "!") {
		parts = append(parts, `"user_access": true`)
		mount = mount[1:]
	}
	if before, image, ok := strings.Cut(mount, "@"); ok {
		mount, parts[0] = before, fmt.Sprintf(`"container": {"type": "kvm", "zone": "z1", "image": "img-%s"}`, image)
	}
	switch list := strings.Split(mount, ","); {
	case mount == "":
	case mount == "default":
		parts = append(parts, `"volume": {"size": 10}`)
	case len(list) == 1:
		parts = append(parts, fmt.Sprintf(`"volume": {"size": 10, "mount_point": %q}`, mount))
	default:
		parts = append(parts, fmt.Sprintf(`"volume": {"size": 10, "mount_point": ["%s"]}`, strings.Join(list, `", "`)))
	}
	parts = append(parts, "\"services\": {"+strings.Join(services, ",\n")+"}")
	if len(env) > 0 {
		parts = append(parts, "\"env\": {"+strings.Join(env, ", ")+"}")
	}
	return "{" + strings.Join(parts, ",\n") + "}"
}
