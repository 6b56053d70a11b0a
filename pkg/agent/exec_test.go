package agent_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/agent"
)

// installExec lays out bin/ and log/ as on a machine, with exec.sh in place.
func installExec(t *testing.T) (home string) {
	t.Helper()
	home = filepath.Join(t.TempDir(), "app agent")
	for _, f := range agent.New("test", "amd64", []byte("confd")).Files() {
		below, ok := strings.CutPrefix(f.Path, agent.Home)
		if !ok {
			continue
		}
		p := filepath.Join(home, below)
		var err error
		if f.Mode.IsDir() {
			err = os.MkdirAll(p, f.Mode.Perm())
		} else {
			err = os.WriteFile(p, f.Data, f.Mode.Perm())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return home
}

type shell struct {
	name string
	path string // a PATH in which only what the shell offers is found
	argv []string
	bash bool
}

// shells are the shells that images have: each with a PATH of its own, since
// exec.sh looks for bash there.
func shells(t *testing.T) []shell {
	t.Helper()
	with := func(links map[string]string) string {
		dir := t.TempDir()
		for name, target := range links {
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	date, busybox, dash, bash := testneed.Tool(t, "date"), testneed.Tool(t, "busybox"), testneed.Tool(t, "dash"), testneed.Tool(t, "bash")
	return []shell{
		{"bash", with(map[string]string{"date": date, "bash": bash}), []string{dash}, true},
		{"bash as sh", with(map[string]string{"date": date, "bash": bash}), []string{bash, "--posix"}, true},
		{"dash", with(map[string]string{"date": date}), []string{dash}, false},
		{"busybox", with(map[string]string{"date": busybox}), []string{busybox, "sh"}, false},
	}
}

func (s shell) run(t *testing.T, home string) (code int) {
	t.Helper()
	cmd := exec.Command(s.argv[0], append(s.argv[1:], filepath.Join(home, "bin/exec.sh"))...)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + s.path}
	out, err := cmd.CombinedOutput()
	if len(out) > 0 {
		t.Errorf("exec.sh printed %q: everything belongs in app.log", out)
	}
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data)
}

var timestamp = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d `)

func TestExec(t *testing.T) {
	cases := []struct {
		name, info  string
		code        int
		log, output string
		onlyBash    bool
	}{
		{"nothing", "", 0, "", "", false},
		{"blank lines only", "\n  \n\t\n", 0, "", "", false},
		{"success", "job-1:echo hi", 0, "job-1 [executing]: echo hi\njob-1 [successful]: echo hi\n", "hi\n", false},
		{"failure", "job-2:echo no >&2; (exit 7)\n", 1, "job-2 [executing]: echo no >&2; (exit 7)\njob-2 [failed7]: echo no >&2; (exit 7)\n", "no\n", false},
		{"blank lines around", "\n\njob-3:true\n\n", 0, "job-3 [executing]: true\njob-3 [successful]: true\n", "", false},
		{"colons in the command", `j:echo a:b::c`, 0, "j [executing]: echo a:b::c\nj [successful]: echo a:b::c\n", "a:b::c\n", false},
		{"backslash and percent", `j:printf '%s\n' 'a\tb'`, 0, "j [executing]: printf '%s\\n' 'a\\tb'\nj [successful]: printf '%s\\n' 'a\\tb'\n", "a\\tb\n", false},
		{"two lines", "j:echo a\n\necho b", 0, "j [executing]: echo a\necho b\nj [successful]: echo a\necho b\n", "a\nb\n", false},
		{"no such command", "j:no-such-thing-anywhere 2>/dev/null", 1, "j [executing]: no-such-thing-anywhere 2>/dev/null\nj [failed127]: no-such-thing-anywhere 2>/dev/null\n", "", false},
		{"exit leaves no result", "j:exit 4", 4, "j [executing]: exit 4\n", "", false},
		{"no arguments", `j:echo "$#"`, 0, "j [executing]: echo \"$#\"\nj [successful]: echo \"$#\"\n", "0\n", false},
		{"changing folder", "j:cd / && pwd", 0, "j [executing]: cd / && pwd\nj [successful]: cd / && pwd\n", "/\n", false},
		{"own variables", "j:id=5; cmd=x; log=/; rc=9", 0, "j [executing]: id=5; cmd=x; log=/; rc=9\nj [successful]: id=5; cmd=x; log=/; rc=9\n", "", false},
		{"bash", "j:[[ a == a ]] && source /dev/null &> /dev/null && cat < <(echo yes) 2>/dev/null || a=(1 2); echo ${#a[@]}", 0,
			"j [executing]: [[ a == a ]] && source /dev/null &> /dev/null && cat < <(echo yes) 2>/dev/null || a=(1 2); echo ${#a[@]}\n" +
				"j [successful]: [[ a == a ]] && source /dev/null &> /dev/null && cat < <(echo yes) 2>/dev/null || a=(1 2); echo ${#a[@]}\n", "2\n", true},
	}
	for _, s := range shells(t) {
		for _, c := range cases {
			t.Run(s.name+"/"+c.name, func(t *testing.T) {
				if c.onlyBash && !s.bash {
					return
				}
				home := installExec(t)
				if err := os.WriteFile(filepath.Join(home, "log/cmd.info"), []byte(c.info), 0o644); err != nil {
					t.Fatal(err)
				}
				if code := s.run(t, home); code != c.code {
					t.Errorf("exit code %d, want %d", code, c.code)
				}
				log := read(t, filepath.Join(home, "log/cmd.log"))
				if n := len(timestamp.FindAllString(log, -1)); n != strings.Count(c.log, "]: ") {
					t.Errorf("cmd.log has %d lines with a time:\n%s", n, log)
				}
				if got := timestamp.ReplaceAllString(log, ""); got != c.log {
					t.Errorf("cmd.log:\n%s\nwant\n%s", got, c.log)
				}
				if got := read(t, filepath.Join(home, "log/app.log")); got != c.output {
					t.Errorf("app.log %q, want %q", got, c.output)
				}
			})
		}
	}
}

// A text that no shell can parse fails like any other command.
func TestExecSyntaxError(t *testing.T) {
	for _, s := range shells(t) {
		t.Run(s.name, func(t *testing.T) {
			home := installExec(t)
			if err := os.WriteFile(filepath.Join(home, "log/cmd.info"), []byte("j:if then"), 0o644); err != nil {
				t.Fatal(err)
			}
			if code := s.run(t, home); code != 1 {
				t.Errorf("exit code %d", code)
			}
			log := read(t, filepath.Join(home, "log/cmd.log"))
			if !regexp.MustCompile(`j \[failed\d+\]: if then\n$`).MatchString(log) {
				t.Errorf("cmd.log:\n%s", log)
			}
		})
	}
}

// Without cmd.info (a first run that fails before it) there is nothing to do.
func TestExecWithoutInfo(t *testing.T) {
	for _, s := range shells(t) {
		home := installExec(t)
		if err := os.Remove(filepath.Join(home, "log/cmd.info")); err != nil {
			t.Fatal(err)
		}
		if code := s.run(t, home); code != 0 {
			t.Errorf("%s: exit code %d", s.name, code)
		}
	}
}
