//go:build !windows

package daemon

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func logFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func content(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

// eventually waits for something that a process is about to do.
func eventually(t *testing.T, what string, limit time.Duration, ok func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !ok() {
		if time.Since(start) > limit {
			t.Fatalf("%s: not within %v", what, limit)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(start)
}

func TestCheckKeepsTheOutput(t *testing.T) {
	t.Parallel()
	c := &commands{children: newChildren()}
	out, err := c.check(t.Context(), "echo one; echo two >&2; exit 3")
	var exit *exec.ExitError
	if string(out) != "one\ntwo\n" || !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("%q, %v", out, err)
	}
	out, err = c.check(t.Context(), "seq 1 100000; false")
	if err == nil || len(out) != tailSize || !strings.HasSuffix(string(out), "\n100000\n") {
		t.Errorf("the end of a long output: %d bytes, %v", len(out), err)
	}
	if _, err := c.check(t.Context(), "read x; test -z \"$x\""); err != nil {
		t.Errorf("input: %v", err)
	}
}

// What a shell leaves in the background, holding its output, blocks nothing.
func TestBackgroundChildrenDoNotBlock(t *testing.T) {
	t.Parallel()
	c := &commands{log: logFile(t), children: newChildren()}
	pid := filepath.Join(t.TempDir(), "pid")
	for name, run := range map[string]func(context.Context, string) ([]byte, error){"check": c.check, "reload": c.reload} {
		start := time.Now()
		if _, err := run(t.Context(), "sleep 60 & echo $! > "+pid); err != nil || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(start))
		}
		n, err := strconv.Atoi(strings.TrimSpace(content(t, pid)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
			t.Errorf("%s: the child is gone: %v", name, err)
		}
	}
}

// The end of the daemon is not the end of its commands, and a reload that is
// due is still begun.
func TestReloadOutlivesTheContext(t *testing.T) {
	t.Parallel()
	c := &commands{log: logFile(t), children: newChildren()}
	done := filepath.Join(t.TempDir(), "done")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	if _, err := c.reload(ctx, "sleep 0.3; echo said; echo x > "+done); !errors.Is(err, context.Canceled) || time.Since(start) > 250*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	eventually(t, "the command ends by itself", 5*time.Second, func() bool { return content(t, done) == "x\n" })
	if got := content(t, c.log.Name()); got != "said\n" {
		t.Errorf("the log has %q", got)
	}
}

func TestCommandsHaveTheirOwnSession(t *testing.T) {
	t.Parallel()
	c := &commands{children: newChildren()}
	out, err := c.check(t.Context(), "cut -d' ' -f5,6 /proc/$$/stat; echo $$; false")
	lines := strings.Fields(string(out))
	if err == nil || len(lines) != 3 || lines[0] != lines[2] || lines[1] != lines[2] {
		t.Errorf("group, session and pid are %q, %v", lines, err)
	}
}
