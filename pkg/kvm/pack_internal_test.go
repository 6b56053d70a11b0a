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
		if out, err := onState(state, shell, script, stdin, args...).CombinedOutput(); err != nil {
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
	run(applyScript, p.lines(acts), name, p.content.SHA256, p.checked())
	run(commitScript, []byte("# test\nfile x /etc\n"), "agent")
}

// onState is a script behind hold.sh, with a state folder of its own.
func onState(state string, shell []string, script string, stdin []byte, args ...string) *exec.Cmd {
	script = strings.ReplaceAll(holdScript, "state=/var/lib/appimg", "state="+Quote(state)) + script
	cmd := exec.Command(shell[0], append(append(shell[1:len(shell):len(shell)], "-c", script, "sh", "run"), args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	return cmd
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
					states := inspected(t, pathsOf(there))
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

// A pack that is not what was sent puts nothing in place, and goes, so that it is
// sent anew. One that gzip checks costs no sum as long as gzip is content.
func TestPackIsChecked(t *testing.T) {
	testneed.Root(t)
	content := bytes.Repeat([]byte("0123456789abcdef\n"), 2000)
	path := os.Getenv("PATH")
	for _, c := range []struct {
		what     string
		compress bool
		damage   func([]byte) []byte
		noSum    bool
		want     int // apply.sh's exit status
	}{
		{"packed", true, nil, true, 0},
		{"plain", false, nil, false, 0},
		{"plain, not summed", false, nil, true, 1},
		{"packed, another byte", true, func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, false, statusNotWhole},
		{"packed, another sum", true, func(b []byte) []byte { b[len(b)-8] ^= 1; return b }, false, statusNotWhole},
		{"packed, cut", true, func(b []byte) []byte { return b[:len(b)-9] }, false, statusNotWhole},
		{"packed, more", true, func(b []byte) []byte { return append(b, "more"...) }, false, statusNotWhole},
		{"packed, something else", true, func([]byte) []byte { return []byte("something else") }, false, statusNotWhole},
		{"plain, another byte", false, func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, false, statusNotWhole},
	} {
		dir := t.TempDir()
		state, dest := filepath.Join(dir, "state"), filepath.Join(dir, "dest")
		t.Setenv("PATH", path)
		if c.noSum {
			bad := filepath.Join(dir, "sha256sum")
			if err := os.WriteFile(bad, []byte("#!/bin/sh\nexit 9\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", dir+":"+path)
		}
		acts, err := actions([]Want{{Path: dest, Mode: 0o644, Data: content}}, make([]FileState, 1))
		if err != nil {
			t.Fatal(err)
		}
		p, err := newPack(acts, c.compress)
		if err != nil {
			t.Fatal(err)
		}
		data := make([]byte, p.content.Size)
		if _, err := p.content.R.ReadAt(data, 0); err != nil {
			t.Fatal(err)
		}
		if c.damage != nil {
			data = c.damage(data)
		}
		if out, err := onState(state, []string{"sh"}, ownScript, nil, "", "test").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		pack := filepath.Join(state, "pack-x")
		if err := os.WriteFile(pack, data, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := onState(state, []string{"sh"}, applyScript, p.lines(acts), pack, p.content.SHA256, p.checked())
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != c.want {
			t.Errorf("%s: exit status %d, want %d: %s", c.what, got, c.want, out)
		}
		now, err := os.ReadFile(dest)
		if c.want == 0 && !bytes.Equal(now, content) || c.want != 0 && err == nil {
			t.Errorf("%s: %d bytes in place, %v", c.what, len(now), err)
		}
		if _, err := os.Stat(pack); c.want == statusNotWhole && err == nil {
			t.Errorf("%s: it is still there", c.what)
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
