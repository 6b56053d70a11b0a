//go:build linux

package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/confd/metad/metadtest"
)

// The tests of this package run the real binary, as it goes into images.
var built struct {
	dir   string
	once  sync.Once
	err   error
	print []byte
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// binary is the daemon, built as make build does.
func binary(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "confd-test-"); built.err == nil {
			built.print, built.err = goBuild(testneed.ModuleRoot(t), "amd64", filepath.Join(built.dir, "confd"), "GOARCH=")
		}
	})
	if built.err != nil {
		t.Fatalf("%v\n%s", built.err, built.print)
	}
	return filepath.Join(built.dir, "confd")
}

func goBuild(root, arch, out string, env ...string) ([]byte, error) {
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "nethttpomithttp2", "-ldflags", "-s -w", "-o", out, "./cmd/confd")
	cmd.Dir = root
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+arch), env...)
	return cmd.CombinedOutput()
}

// machine is a confdir, a place for destinations, and a daemon.
type machine struct {
	t    testing.TB
	dir  string
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

func newMachine(t testing.TB) *machine {
	t.Helper()
	dir, err := os.MkdirTemp("", "confd-machine-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // not TempDir: commands may still write
		for os.RemoveAll(dir) != nil {
			time.Sleep(10 * time.Millisecond)
		}
	})
	m := &machine{t: t, dir: dir}
	m.log = m.path("confd.log")
	for _, d := range []string{"conf/conf.d", "conf/templates", "out"} {
		if err := os.MkdirAll(m.path(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *machine) path(name string) string { return filepath.Join(m.dir, name) }

func (m *machine) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(m.path(name), []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// read is the content of a file; "<none>" where there is none.
func (m *machine) read(name string) string {
	b, err := os.ReadFile(m.path(name))
	if err != nil {
		return "<none>"
	}
	return string(b)
}

// pair is one resource; its keys are "/" unless given, its dest is out/NAME.
type pair struct {
	tmpl, keys, check, reload, dest string
}

func (m *machine) pair(name string, p pair) {
	m.t.Helper()
	if p.keys == "" {
		p.keys = `"/"`
	}
	if p.dest == "" {
		p.dest = name
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[template]\nsrc = %q\ndest = %q\nkeys = [%s]\n", name+".tmpl", m.path("out/"+p.dest), p.keys)
	if p.check != "" {
		fmt.Fprintf(&b, "check_cmd = %q\n", p.check)
	}
	if p.reload != "" {
		fmt.Fprintf(&b, "reload_cmd = %q\n", p.reload)
	}
	m.write("conf/templates/"+name+".tmpl", p.tmpl)
	m.write("conf/conf.d/"+name+".toml", b.String())
}

const (
	showA = `a={{getv "/env/a"}}`
	showB = `b={{getv "/env/b"}}`
)

// appends is a reload_cmd that adds a line to a file.
func (m *machine) appends(line, file string) string {
	return fmt.Sprintf("echo %s >> %s", line, m.path(file))
}

func (m *machine) lines(file string) int {
	text := m.read(file)
	if text == "<none>" {
		return 0
	}
	return strings.Count(text, "\n")
}

// start starts the daemon, watching, with more arguments.
func (m *machine) start(args ...string) {
	m.t.Helper()
	m.run(append([]string{"-watch", "-confdir", m.path("conf"), "-prefix", "/self"}, args...)...)
}

func (m *machine) run(args ...string) {
	m.t.Helper()
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		m.t.Fatal(err)
	}
	defer log.Close()
	m.cmd = exec.Command(binary(m.t), args...)
	m.cmd.Dir, m.cmd.Stdout, m.cmd.Stderr = m.dir, log, log
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	cmd, done := m.cmd, make(chan struct{})
	m.done = done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	m.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		if m.t.Failed() {
			m.t.Logf("the daemon says:\n%s", m.read("confd.log"))
		}
	})
}

// node is the flag for a server.
func node(s *metadtest.Server) string { return "-node=" + s.Addr() }

func (m *machine) signal(s syscall.Signal) {
	m.t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		m.t.Fatal(err)
	}
}

// exit is the daemon's exit status, which it must reach within limit.
func (m *machine) exit(limit time.Duration) int {
	m.t.Helper()
	select {
	case <-m.done:
		return m.cmd.ProcessState.ExitCode()
	case <-time.After(limit):
		m.t.Fatalf("it still runs after %v", limit)
		return -1
	}
}

func (m *machine) until(what string, ok func() bool) {
	m.t.Helper()
	within(m.t, 10*time.Second, what, ok)
}

func within(t testing.TB, limit time.Duration, what string, ok func() bool) time.Duration {
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

// want waits for a file to have a content.
func (m *machine) want(name, text string) {
	m.t.Helper()
	got := ""
	end := time.Now().Add(10 * time.Second)
	for time.Now().Before(end) {
		if got = m.read("out/" + name); got == text {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	m.t.Fatalf("%s is %q; want %q", name, got, text)
}

// stays holds that something is so for a while.
func (m *machine) stays(what string, d time.Duration, ok func() bool) {
	m.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if !ok() {
			m.t.Fatal(what)
		}
	}
}

func self() map[string]any {
	return map[string]any{
		"env":   map[string]any{"a": "1", "b": "x"},
		"hosts": map[string]any{"h1": "10.0.0.1", "h2": "10.0.0.2"},
	}
}

// output runs the daemon to its end.
func output(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t), args...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), log.String(), cmd.ProcessState.ExitCode()
}
