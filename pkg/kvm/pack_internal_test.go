package kvm

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/agent"
)

// applied runs own.sh, apply.sh and commit.sh with a shell of this machine, on a
// state folder of the test's own.
func applied(t *testing.T, shell []string, state string, acts []Action, compress bool) {
	t.Helper()
	p, err := newPack(acts, compress)
	if err != nil {
		t.Fatal(err)
	}
	run := func(script string, stdin []byte, args ...string) {
		t.Helper()
		script = strings.ReplaceAll(holdScript, "state=/var/lib/appimg", "state="+Quote(state)) + script
		cmd := exec.Command(shell[0], append(append(shell[1:len(shell):len(shell)], "-c", script, "sh", "run"), args...)...)
		cmd.Stdin = bytes.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	run(ownScript, nil, "")
	name := "-"
	if len(p.parts) > 0 {
		name = filepath.Join(state, "pack-x")
		data := make([]byte, p.content.Size)
		if _, err := p.content.R.ReadAt(data, 0); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(applyScript, p.lines(acts), name, p.content.SHA256)
	run(commitScript, []byte("# test\nfile x /etc\n"), "agent")
}

// What goes along as text, what is packed and what is neither ends up the same
// with every shell.
func TestApplyContents(t *testing.T) {
	testneed.Root(t)
	large := bytes.Repeat([]byte("0123456789abcdef\n"), 2000)
	packed, err := agent.NewPacked(large[:30000], 1)
	if err != nil {
		t.Fatal(err)
	}
	wants := []Want{
		{Path: "d", Mode: fs.ModeDir | 0o750, UID: 3, GID: 4},
		{Path: "d/in", Mode: fs.ModeDir | 0o755},
		{Path: "d/in/a text", Mode: 0o644, Data: []byte("one\n end\n\\two 'x' $y\tz \xff\r\n\n")},
		{Path: "d/empty", Mode: 0o600},
		{Path: "end", Mode: 0o755, Data: []byte("end\n")},
		{Path: "link", Mode: fs.ModeSymlink | 0o777, Link: "end"},
		{Path: "link2", Mode: fs.ModeSymlink | 0o777, Link: "text 0644 0:0 x 1 1 /nowhere"},
		{Path: "no newline", Mode: 0o4755, UID: 1, GID: 2, Data: []byte("no end of line")},
		{Path: "nul", Mode: 0o644, Data: []byte("a\x00b\n")},
		{Path: "large", Mode: 0o640, Data: large},
		{Path: "large again", Mode: 0o644, Data: large},
		{Path: "packed", Mode: 0o755, Packed: packed},
		{Path: "text again", Mode: 0o400, Data: []byte("end\n")},
	}
	shells := [][]string{{"sh"}, {testneed.Tool(t, "bash")}, {testneed.Tool(t, "busybox"), "sh"}}
	for i, shell := range shells {
		for _, sets := range [][]Want{wants, wants[11:12], wants[2:3], wants[9:10], wants[:2]} {
			for _, compress := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s_%d_%v", filepath.Base(shells[i][0]), len(sets), compress), func(t *testing.T) {
					dir := t.TempDir()
					if err := os.MkdirAll(filepath.Join(dir, "root", "d", "in"), 0o755); err != nil {
						t.Fatal(err)
					}
					if len(sets) == len(wants) || sets[0].Mode.IsDir() {
						if err := os.RemoveAll(filepath.Join(dir, "root", "d")); err != nil {
							t.Fatal(err)
						}
					}
					var there []Want
					for _, w := range sets {
						w.Path = filepath.Join(dir, "root", w.Path)
						there = append(there, w)
					}
					acts, err := actions(there, make([]FileState, len(there)))
					if err != nil {
						t.Fatal(err)
					}
					state := filepath.Join(dir, "the state")
					applied(t, shell, state, acts, compress)
					states := inspected(t, Paths(there))
					left, err := actions(there, states)
					if err != nil || len(left) > 0 {
						t.Errorf("%v, %+v", err, left)
					}
					list, err := os.ReadFile(filepath.Join(state, "agent"))
					if err != nil || strings.Count(string(list), "made - ") != len(acts) || !strings.Contains(string(list), "\nfile x /etc\n") {
						t.Errorf("the list: %s, %v", list, err)
					}
					if names, err := os.ReadDir(state); err != nil || len(names) > 2 {
						t.Errorf("left in the state folder: %v, %v", names, err)
					}
				})
			}
		}
	}
}

func inspected(t *testing.T, paths []string) []FileState {
	t.Helper()
	out, err := exec.Command("sh", append([]string{"-c", inspectScript, "sh"}, paths...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	states, err := parseInspection(out, paths)
	if err != nil {
		t.Fatal(err)
	}
	return states
}
