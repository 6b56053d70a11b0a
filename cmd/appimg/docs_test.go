package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/agent"
)

// The documents are held against the program. What a ```console block shows is
// a session: lines that begin with "$ " are typed (lines with "> " go on), the
// others are the answer, stdout and stderr as a terminal shows them. "…" stands
// for anything in its line; a line that is only "…" stands for any lines. A
// command that ends with another code than 0 is followed by "$ echo $?".
//
// The sessions of a page follow each other in one shell, in an empty folder.
// UPDATE_DOCS=1 writes the answers that differ into the pages.

// page is a document with its sessions.
type page struct {
	name  string // relative to the module, with slashes
	lines []string
	steps []*step
}

// step is a command with the answer that the page shows.
type step struct {
	line    int // of the command in the page, from 0
	command string
	from    int // the lines of the answer: from up to to
	to      int
}

func (p *page) answer(s *step) []string { return p.lines[s.from:s.to] }

// readPage reads a document and the sessions in it.
func readPage(t *testing.T, root, name string) *page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	p := &page{name: name, lines: strings.Split(string(text), "\n")}
	inside, typing := false, false
	for i, line := range p.lines {
		switch {
		case !inside:
			inside, typing = line == "```console", false
		case line == "```":
			inside = false
		case strings.HasPrefix(line, "$ "):
			p.steps, typing = append(p.steps, &step{i, line[2:], i + 1, i + 1}), true
		case len(p.steps) == 0:
			t.Fatalf("%s:%d: a session begins with a command", name, i+1)
		default:
			s := p.steps[len(p.steps)-1]
			if typing = typing && (line == ">" || strings.HasPrefix(line, "> ")); typing {
				s.command += "\n" + strings.TrimPrefix(line[1:], " ")
				s.from = i + 1
			}
			s.to = i + 1
		}
	}
	return p
}

const twins = "docs/zh-CN/"

// isTwin reports whether a page is in Chinese.
func isTwin(name string) bool {
	return strings.HasPrefix(name, twins) || strings.HasSuffix(name, ".zh-CN.md")
}

// pages are the documents that people write, by name: not docs/cli.
func pages(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			rel, err := filepath.Rel(root, f)
			if err != nil {
				t.Fatal(err)
			}
			if rel = filepath.ToSlash(rel); !strings.HasPrefix(rel, "docs/cli/") {
				out = append(out, rel)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestDocsSessions(t *testing.T) {
	root := testneed.ModuleRoot(t)
	for _, name := range pages(t, root) {
		p := readPage(t, root, name)
		if len(p.steps) == 0 || isTwin(name) { // a twin's sessions are the same
			continue
		}
		t.Run(name, func(t *testing.T) {
			p.needs(t)
			p.play(t)
			if os.Getenv("UPDATE_DOCS") != "" {
				if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(strings.Join(p.lines, "\n")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// needs skips the test where a component of the page's sessions is missing.
func (p *page) needs(t *testing.T) {
	t.Helper()
	for _, s := range p.steps {
		if strings.Contains(s.command, "curl ") {
			testneed.Tool(t, "curl")
		}
		if !strings.Contains(s.command, "appimg docker build") {
			continue
		}
		if _, err := agent.Builtin("amd64"); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip("needs the embedded agent: run make build first")
		}
	}
}

// play types every command, and compares the answers.
func (p *page) play(t *testing.T) {
	sh := startSession(t, p.addresses(t))
	for i := range p.steps {
		s := p.steps[i]
		want := p.answer(s)
		got, code := sh.run(t, s.command, answerPattern(want))
		if code != 0 && (i+1 == len(p.steps) || p.steps[i+1].command != "echo $?") {
			t.Errorf("%s:%d: $ %s\nends with %d, and the page does not show it (echo $?):\n%s", p.name, s.line+1, s.command, code, got)
		}
		if answerPattern(want).MatchString(got) {
			continue
		}
		if os.Getenv("UPDATE_DOCS") != "" {
			p.replace(i, strings.Split(strings.TrimSuffix(got, "\n"), "\n"))
			continue
		}
		t.Errorf("%s:%d: $ %s\n--- the page shows\n%s\n--- the program answers\n%s", p.name, s.line+1, s.command, strings.Join(want, "\n"), got)
	}
}

// replace puts another answer into step i, and moves what follows.
func (p *page) replace(i int, answer []string) {
	s := p.steps[i]
	if len(answer) == 1 && answer[0] == "" {
		answer = nil
	}
	by := len(answer) - (s.to - s.from)
	p.lines = slices.Concat(p.lines[:s.from], answer, p.lines[s.to:])
	s.to += by
	for _, later := range p.steps[i+1:] {
		later.line, later.from, later.to = later.line+by, later.from+by, later.to+by
	}
}

// addresses gives each address that the pages use a free one, since something
// else may listen there. localhost:5000 is a registry.
func (p *page) addresses(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	text := strings.Join(p.lines, "\n")
	for _, addr := range []string{"127.0.0.1:8080", "127.0.0.1:9611"} {
		if strings.Contains(text, addr) {
			out[addr] = testneed.FreeAddr(t)
		}
	}
	for _, s := range p.steps {
		if strings.Contains(s.command, "localhost:5000") && out["localhost:5000"] == "" {
			out["localhost:5000"] = testneed.Registry(t, "")
		}
	}
	return out
}

// answerPattern matches what a page shows: "…" is anything.
func answerPattern(lines []string) *regexp.Regexp {
	var b strings.Builder
	for _, line := range lines {
		if line == "…" {
			b.WriteString(`(?:.*\n)*`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + `\n`)
	}
	return regexp.MustCompile(`\A` + b.String() + `\z`)
}

func TestAnswerPattern(t *testing.T) {
	for _, c := range []struct {
		shown, got string
		want       bool
	}{
		{"", "", true},
		{"", "x\n", false},
		{"a.c", "a.c\n", true},
		{"a.c", "abc\n", false},
		{"a…c", "a...c\n", true},
		{"a…c", "a\nc\n", false},
		{"a\n…\nb", "a\nb\n", true},
		{"a\n…\nb", "a\n1\n2\nb\n", true},
		{"a\n…", "a\n", true},
		{"a\n…", "b\n", false},
	} {
		var lines []string
		if c.shown != "" {
			lines = strings.Split(c.shown, "\n")
		}
		if got := answerPattern(lines).MatchString(c.got); got != c.want {
			t.Errorf("%q for %q: %v, want %v", c.shown, c.got, got, c.want)
		}
	}
}

// A page whose session lies must be found out.
func TestSessionsAreCompared(t *testing.T) {
	sh := startSession(t, map[string]string{"doc:1": "real:1"})
	for _, c := range []struct {
		command, want string
		code          int
	}{
		{"printf 'no newline'", "no newline\n", 0},
		{"echo out; echo err >&2; (exit 3)", "out\nerr\n", 3},
		{"echo $?", "3\n", 0},
		{"cat <<E\na\nE", "a\n", 0},
		{"mkdir x; cd x", "", 0},
		{"basename \"$PWD\"", "x\n", 0},
		{"test doc:1 = real\":\"1; echo doc:1", "doc:1\n", 0},
		{"(sleep 0.3; echo late) &", "late\n", 0},
	} {
		got, code := sh.run(t, c.command, regexp.MustCompile("^"+regexp.QuoteMeta(c.want)+"$"))
		if got != c.want || code != c.code {
			t.Errorf("%s: %q, code %d; want %q, %d", c.command, got, code, c.want, c.code)
		}
	}
	p := &page{lines: []string{"$ a", "1", "$ b", "2"}, steps: []*step{{0, "a", 1, 2}, {2, "b", 3, 4}}}
	p.replace(0, []string{"x", "y"})
	p.replace(1, []string{""})
	if got := fmt.Sprint(p.lines); got != "[$ a x y $ b]" {
		t.Errorf("replaced: %s", got)
	}
}
