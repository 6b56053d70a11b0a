//go:build linux

package daemon_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/confd/metad/metadtest"
)

func TestWithoutResources(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	if _, log, code := output(t, "-onetime", "-confdir", m.path("conf"), node(s)); code != 0 || !strings.Contains(log, "WARNING") {
		t.Errorf("-onetime: status %d\n%s", code, log)
	}
	// PID 1 of a container must not end for want of work.
	m.start(node(s))
	m.stays("it has ended", 300*time.Millisecond, func() bool {
		select {
		case <-m.done:
			return false
		default:
			return true
		}
	})
	m.pair("r", pair{tmpl: showA})
	m.signal(syscall.SIGHUP)
	m.want("r", "a=1")
}

func TestOnetime(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	for _, name := range []string{"c", "a", "b"} {
		m.pair(name, pair{tmpl: showA, reload: m.appends(name, "order")})
	}
	args := []string{"-onetime", "-confdir", m.path("conf"), "--prefix", "/self", "-node", s.Addr()}
	if _, log, code := output(t, args...); code != 0 || m.read("order") != "a\nb\nc\n" {
		t.Errorf("status %d, order %q\n%s", code, m.read("order"), log)
	}
	m.pair("b", pair{tmpl: `{{getv "/none"}}`})
	s.Set("/env/a", "2")
	_, log, code := output(t, args...)
	if code != 1 || m.read("out/a") != "a=2" || m.read("out/b") != "a=1" || m.read("out/c") != "a=2" {
		t.Errorf("one of three fails: status %d\n%s", code, log)
	}
	if n := countLines(log, "ERROR"); n != 1 || !strings.Contains(log, "b.tmpl:1:3") || !strings.Contains(log, "/none") {
		t.Errorf("what is wrong is said %d times:\n%s", n, log)
	}
	m.write("conf/conf.d/z.toml", "[template]\n")
	s.Set("/env/a", "3")
	if _, log, code := output(t, args...); code != 1 || m.read("out/a") != "a=2" || !strings.Contains(log, "FATAL") {
		t.Errorf("a resource without src: status %d\n%s", code, log)
	}
}

func TestNoopAndSyncOnly(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	m.pair("r", pair{tmpl: showA, check: "false", reload: m.appends("x", "log")})
	args := []string{"-onetime", "-confdir", m.path("conf"), "-prefix", "/self", node(s)}
	if _, log, code := output(t, append(args, "-noop")...); code != 0 || m.read("out/r") != "<none>" || !strings.Contains(log, "noop") {
		t.Errorf("-noop: status %d, %q\n%s", code, m.read("out/r"), log)
	}
	if _, log, code := output(t, args...); code != 1 || m.read("out/r") != "<none>" {
		t.Errorf("check_cmd: status %d, %q\n%s", code, m.read("out/r"), log)
	}
	if _, log, code := output(t, append(args, "-sync-only")...); code != 0 || m.read("out/r") != "a=1" || m.lines("log") != 0 {
		t.Errorf("-sync-only: status %d, %q\n%s", code, m.read("out/r"), log)
	}
	w := newMachine(t)
	w.pair("r", pair{tmpl: showA, check: "false", reload: w.appends("x", "log")})
	w.start(node(s), "-sync-only")
	w.want("r", "a=1")
	s.Set("/env/a", "2")
	w.want("r", "a=2")
	if w.lines("log") != 0 {
		t.Error("-sync-only ran reload_cmd")
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	m.pair("a", pair{tmpl: showA, reload: m.appends("a", "order")})
	m.pair("b", pair{tmpl: showA, reload: m.appends("b", "order")})
	m.write("conf/conf.d/broken.toml", "[template\n")
	m.run("-interval", "1", "-confdir", m.path("conf"), "-prefix", "/self", node(s))
	m.want("b", "a=1")
	s.Set("/env/a", "2")
	m.want("b", "a=2")
	m.until("the second run is over", func() bool { return m.read("order") == "a\nb\na\nb\n" })
	m.until("a third run", func() bool { return len(s.Requests()) >= 6 })
	if n := countLines(m.read("confd.log"), "ERROR", "broken.toml"); n != 1 {
		t.Errorf("what is wrong is said %d times", n)
	}
	m.signal(syscall.SIGTERM)
	if code := m.exit(time.Second); code != 0 {
		t.Errorf("exit status %d", code)
	}
}

// A run that comes early waits a little for its server, and then gives up.
func TestOnetimeIsPatient(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	s.Stop()
	m.pair("a", pair{tmpl: showA})
	m.run("-onetime", "-confdir", m.path("conf"), "-prefix", "/self", node(s))
	early := newMachine(t)
	early.pair("a", pair{tmpl: showA})
	early.run("-onetime", "-confdir", early.path("conf"), "-prefix", "/self", "-node", "127.0.0.1:1")
	time.Sleep(time.Second)
	s.Start(t)
	if code := m.exit(10 * time.Second); code != 0 || m.read("out/a") != "a=1" {
		t.Errorf("status %d", code)
	}
	early.signal(syscall.SIGTERM)
	if code := early.exit(time.Second); code != 1 {
		t.Errorf("a run that was ended: status %d", code)
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{"-version", 0, "confd ", ""},
		{"--version", 0, "confd ", ""},
		{"-help", 0, "-onetime", ""},
		{"-backend etcd -onetime", 1, "", `FATAL choosing the backend "etcd"`},
		{"-onetime", 1, "", "no metadata server is named"},
		{"-nosuch", 1, "", "-nosuch"},
		{"-onetime -node a:b:c", 1, "", `"a:b:c"`},
		{"-onetime -node h -log-level loud", 1, "", `"loud"`},
		{"-config-file /none/confd.toml", 1, "", `"/none/confd.toml"`},
	}
	for _, tt := range tests {
		stdout, stderr, code := output(t, strings.Fields(tt.args)...)
		if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
			t.Errorf("confd %s: status %d\nstdout: %s\nstderr: %s", tt.args, code, stdout, stderr)
		}
		if tt.stdout == "" && stdout != "" || tt.stderr == "" && stderr != "" {
			t.Errorf("confd %s: words in the wrong stream\nstdout: %s\nstderr: %s", tt.args, stdout, stderr)
		}
	}
}

// start-up is part of every boot of a node.
func BenchmarkOnetime(b *testing.B) {
	s, m := metadtest.New(b, self()), newMachine(b)
	for i := range 3 {
		m.pair(fmt.Sprint("r", i), pair{tmpl: showA})
	}
	for b.Loop() {
		if _, log, code := output(b, "-onetime", "-confdir", m.path("conf"), "-prefix", "/self", node(s)); code != 0 {
			b.Fatal(log)
		}
	}
}
