package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/internal/cli"
	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/templates"
)

// twinOf is the Chinese page of an English one; "" where none is due: what is
// for those who work on appimg itself.
func twinOf(name string) string {
	switch {
	case name == "README.md":
		return "README.zh-CN.md"
	case path.Dir(name) == "docs" && name != "docs/layout.md":
		return twins + path.Base(name)
	}
	return ""
}

// Every page for users is there in Chinese, with the same sessions.
func TestDocsHaveTwins(t *testing.T) {
	root := testneed.ModuleRoot(t)
	all := pages(t, root)
	for _, name := range all {
		twin := twinOf(name)
		switch {
		case isTwin(name):
			original := "docs/" + path.Base(name)
			if name == "README.zh-CN.md" {
				original = "README.md"
			}
			if !slices.Contains(all, original) {
				t.Errorf("%s is the twin of no page", name)
			}
		case twin == "":
		case !slices.Contains(all, twin):
			t.Errorf("%s has no twin %s", name, twin)
		default:
			sameSessions(t, root, name, twin)
		}
	}
}

var sessions = regexp.MustCompile("(?ms)^```console\n.*?^```$")

func sameSessions(t *testing.T, root, name, twin string) {
	t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	text := read(twin)
	want, got := sessions.FindAllString(read(name), -1), sessions.FindAllString(text, -1)
	if slices.Equal(want, got) {
		return
	}
	if len(want) == len(got) && os.Getenv("UPDATE_DOCS") != "" {
		i := -1
		text = sessions.ReplaceAllStringFunc(text, func(string) string { i++; return want[i] })
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(twin)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Errorf("%s: session %d is not that of %s (UPDATE_DOCS=1 copies it)", twin, i+1, name)
			return
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Every link to a file leads to one, and to a heading in it.
func TestDocsLinksLeadSomewhere(t *testing.T) {
	root := testneed.ModuleRoot(t)
	checked := 0
	for _, name := range pages(t, root) {
		for i, line := range readPage(t, root, name).lines {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
					continue
				}
				checked++
				file, anchor, _ := strings.Cut(m[1], "#")
				target := name
				if file != "" {
					target = path.Join(path.Dir(name), file)
				}
				if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil {
					t.Errorf("%s:%d: %s leads nowhere", name, i+1, m[1])
				} else if anchor != "" && !slices.Contains(anchors(readPage(t, root, target)), anchor) {
					t.Errorf("%s:%d: %s has no heading #%s", name, i+1, target, anchor)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d links were found", checked)
	}
}

// anchors are the headings of a page, as the web shows them in addresses.
func anchors(p *page) []string {
	var out []string
	for _, line := range p.lines {
		title := strings.TrimLeft(line, "#")
		if title == line || !strings.HasPrefix(title, " ") {
			continue
		}
		out = append(out, strings.Map(func(r rune) rune {
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			case r == ' ':
				return '-'
			}
			return -1
		}, strings.TrimSpace(title)))
	}
	return out
}

// ownPages are the commands whose pages come with them.
func ownPages(c *cobra.Command) bool {
	words := strings.Fields(c.CommandPath())
	return len(words) > 1 && slices.Contains([]string{"kvm", "lint"}, words[1])
}

// Every command is mentioned in a page, in both languages.
func TestDocsMentionEveryCommand(t *testing.T) {
	root := testneed.ModuleRoot(t)
	var english, chinese strings.Builder
	for _, name := range pages(t, root) {
		into := &english
		if isTwin(name) {
			into = &chinese
		}
		into.WriteString(strings.Join(readPage(t, root, name).lines, "\n"))
	}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.HasSubCommands() || c.Hidden || ownPages(c) {
			return
		}
		for language, text := range map[string]string{"English": english.String(), "Chinese": chinese.String()} {
			if !strings.Contains(text, c.CommandPath()) {
				t.Errorf("no %s page mentions %q", language, c.CommandPath())
			}
		}
	}
	walk(cli.Command())
}

// docs/project.md explains every key of appimg.toml, and no other.
func TestDocsExplainEveryKey(t *testing.T) {
	root := testneed.ModuleRoot(t)
	want := keysOf(reflect.TypeFor[app.Manifest](), "")
	row := regexp.MustCompile("^\\| `([a-z_.<>]+)` \\|")
	for _, name := range []string{"docs/project.md", twins + "project.md"} {
		var got []string
		lines := readPage(t, root, name).lines
		for _, line := range lines[max(0, slices.Index(lines, "## appimg.toml")):] {
			if m := row.FindStringSubmatch(line); m != nil {
				got = append(got, m[1])
			}
		}
		for _, key := range want {
			if !slices.Contains(got, key) {
				t.Errorf("%s does not explain %s", name, key)
			}
		}
		for _, key := range got {
			if !slices.Contains(want, key) {
				t.Errorf("%s explains %s, which appimg.toml does not have", name, key)
			}
		}
	}
}

// keysOf are the dotted keys of a table, without those of free tables.
func keysOf(t reflect.Type, prefix string) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("toml")
		if key == "" || key == "-" {
			continue
		}
		switch {
		case f.Type.Kind() == reflect.Struct:
			out = append(out, keysOf(f.Type, prefix+key+".")...)
		case f.Type.Kind() == reflect.Map && f.Type.Elem().Kind() == reflect.Struct:
			out = append(out, keysOf(f.Type.Elem(), prefix+key+".<name>.")...)
		case f.Type.Kind() == reflect.Map && f.Type.Elem().Kind() == reflect.Interface:
			// Whoever reads the table explains it.
		default:
			out = append(out, prefix+key)
		}
	}
	return out
}

// docs/presets.md has a part for each preset.
func TestDocsExplainEveryPreset(t *testing.T) {
	root := testneed.ModuleRoot(t)
	presets, err := fs.Glob(templates.FS(), "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"docs/presets.md", twins + "presets.md"} {
		headings := anchors(readPage(t, root, name))
		for _, preset := range presets {
			if !slices.Contains(headings, preset) {
				t.Errorf("%s has no part %q", name, preset)
			}
		}
	}
}

// docs/layout.md says of each direct dependency why it is there.
func TestDocsExplainEveryDependency(t *testing.T) {
	root := testneed.ModuleRoot(t)
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	layout := read("docs/layout.md")
	required := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(read("go.mod"), -1)
	if len(required) == 0 {
		t.Fatal("no direct dependency was found in go.mod")
	}
	for _, m := range required {
		if !strings.Contains(layout, "| `"+m[1]+"` |") {
			t.Errorf("docs/layout.md does not say why %s is there", m[1])
		}
	}
}
