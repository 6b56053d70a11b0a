//go:build linux

package daemon_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/confd/metad/metadtest"
)

func TestChangesAreFollowed(t *testing.T) {
	t.Parallel()
	for name, stale := range map[string]bool{"versions as the platform's": true, "a version per view": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := metadtest.New(t, self())
			s.Stale = stale
			m := newMachine(t)
			for i := range 10 {
				m.pair(fmt.Sprint("r", i), pair{tmpl: showA, reload: m.appends("x", fmt.Sprint("log", i))})
			}
			m.start(node(s))
			for k := 1; k <= 4; k++ {
				for i := range 10 {
					m.want(fmt.Sprint("r", i), fmt.Sprint("a=", k))
				}
				s.Set("/env/a", strconv.Itoa(k+1))
			}
			m.want("r9", "a=5")
			m.until("one reload for each change", func() bool { return m.lines("log0") == 5 })
			if n := s.Conns(); n > 2 {
				t.Errorf("%d connections", n)
			}
			if n := len(s.Requests()); n > 5*3 {
				t.Errorf("%d requests for 5 rounds", n)
			}
		})
	}
}

// A resource is rendered when what its keys name has changed, and not else: a
// template that shows the time tells.
func TestOnlyTheViewMatters(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	m.pair("hosts", pair{tmpl: `{{datetime.UnixNano}}`, keys: `"/hosts", "/adding-hosts"`})
	m.pair("env", pair{tmpl: showA, keys: `"/env"`})
	m.start(node(s))
	m.want("env", "a=1")
	m.until("hosts is there", func() bool { return m.read("out/hosts") != "<none>" })
	first := m.read("out/hosts")
	s.Set("/env/a", "2")
	m.want("env", "a=2")
	m.stays("hosts was rendered, though its view is the same", 300*time.Millisecond, func() bool { return m.read("out/hosts") == first })
	s.Set("/adding-hosts/h3", "10.0.0.3")
	m.until("hosts follows", func() bool { return m.read("out/hosts") != first })
}

// What lies outside of the prefix, or is odd in a URL, is read by itself.
func TestOddKeys(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	m.pair("odd", pair{tmpl: `{{getv "/env?x=1/a"}} {{getv "/a"}}`, keys: `"/env?x=1", "../env"`})
	m.pair("plain", pair{tmpl: `{{getv "/a"}}`})
	m.run("-watch", "-confdir", m.path("conf"), "-prefix", "/self/env", node(s))
	_ = m.read("out/odd")
	m.want("plain", "1")
	s.Set("/env/a", "2")
	m.want("plain", "2")
}

func TestASlowReloadDelaysOnlyItself(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	m.pair("slow", pair{tmpl: showA, reload: fmt.Sprintf("echo begin >> %[1]s; sleep 1; cat %[2]s >> %[1]s; echo >> %[1]s", m.path("log"), m.path("out/slow"))})
	m.pair("quick", pair{tmpl: showA})
	m.start(node(s))
	m.until("the first reload", func() bool { return m.lines("log") == 1 })
	m.want("quick", "a=1")
	for _, v := range []string{"2", "3", "4"} {
		s.Set("/env/a", v)
		start := time.Now()
		m.want("quick", "a="+v)
		if d := time.Since(start); d > 500*time.Millisecond {
			t.Errorf("the other resource follows after %v", d)
		}
	}
	m.until("a reload with the last value", func() bool { return m.read("log") == "begin\na=1\nbegin\na=4\n" })
}

func TestBackgroundChildren(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	// It holds the output open and goes on writing to it.
	m.pair("r", pair{tmpl: showA, reload: fmt.Sprintf("(while :; do echo tick; echo x >> %s; sleep 0.05; done) & echo $! >> %s", m.path("ticks"), m.path("pids"))})
	m.start(node(s))
	m.until("the first reload", func() bool { return m.lines("pids") == 1 })
	s.Set("/env/a", "2")
	m.until("the second reload", func() bool { return m.lines("pids") == 2 })
	t.Cleanup(func() {
		for _, f := range strings.Fields(m.read("pids")) {
			if pid, err := strconv.Atoi(f); err == nil {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	})
	m.signal(syscall.SIGTERM)
	if code := m.exit(time.Second); code != 0 {
		t.Errorf("exit status %d", code)
	}
	before := m.lines("ticks")
	m.until("the children live on, and can write", func() bool { return m.lines("ticks") > before+6 })
}

func TestFaultsTakeNothingAway(t *testing.T) {
	t.Parallel()
	reads := map[string]http.HandlerFunc{
		"404": metadtest.Status(404), "500": metadtest.Status(500), "garbage": metadtest.Body("<html>not json {"), "empty": metadtest.Body(""),
		"no value": metadtest.Body("{}"), "null": metadtest.Body("null"), "cut": metadtest.Cut,
	}
	for name, fault := range reads {
		for _, waits := range []http.HandlerFunc{nil, fault} {
			t.Run(fmt.Sprint(name, " waits too:", waits != nil), func(t *testing.T) {
				t.Parallel()
				s, m := metadtest.New(t, self()), newMachine(t)
				m.pair("a", pair{tmpl: showA})
				m.pair("list", pair{tmpl: `{{range gets "/hosts/*"}}{{.Value}} {{end}}`})
				m.start(node(s))
				m.want("a", "a=1")
				m.want("list", "10.0.0.1 10.0.0.2 ")
				s.Fault(fault, waits)
				s.Set("/env/a", "2")
				m.stays("a file changed by a faulty answer", 700*time.Millisecond, func() bool {
					return m.read("out/a") == "a=1" && m.read("out/list") == "10.0.0.1 10.0.0.2 "
				})
				s.Fault(nil, nil)
				m.want("a", "a=2")
				if n := strings.Count(m.read("confd.log"), "ERROR"); n > 2 {
					t.Errorf("%d errors in the log", n)
				}
			})
		}
	}
}

func TestServersComeAndGo(t *testing.T) {
	t.Parallel()
	t.Run("the same version by chance", func(t *testing.T) {
		t.Parallel()
		s, m := metadtest.New(t, self()), newMachine(t)
		m.pair("a", pair{tmpl: showA})
		m.start(node(s))
		m.want("a", "a=1")
		s.Stop()
		s.Set("/env/a", "2")
		s.SetVersion(10)
		s.Start(t)
		m.want("a", "a=2")
	})
	t.Run("a smaller version", func(t *testing.T) {
		t.Parallel()
		s, m := metadtest.New(t, self()), newMachine(t)
		s.SetVersion(1000)
		m.pair("a", pair{tmpl: showA})
		m.start(node(s))
		m.want("a", "a=1")
		s.Stop()
		s.Set("/env/a", "2")
		s.SetVersion(2)
		s.Start(t)
		m.want("a", "a=2")
		s.Set("/env/a", "3")
		m.want("a", "a=3")
	})
	t.Run("another takes over", func(t *testing.T) {
		t.Parallel()
		one, two, m := metadtest.New(t, self()), metadtest.New(t, self()), newMachine(t)
		m.pair("a", pair{tmpl: showA})
		m.start(node(one), node(two))
		m.want("a", "a=1")
		used, other := one, two
		if len(two.Requests()) > 0 {
			used, other = two, one
		}
		used.Stop()
		other.Set("/env/a", "2")
		m.want("a", "a=2")
		other.Set("/env/a", "3")
		m.want("a", "a=3")
	})
	t.Run("none at first", func(t *testing.T) {
		t.Parallel()
		s, m := metadtest.New(t, self()), newMachine(t)
		s.Stop()
		m.pair("a", pair{tmpl: showA})
		m.start(node(s))
		time.Sleep(2 * time.Second)
		s.Start(t)
		m.want("a", "a=1")
	})
}

func TestATemplateThatFails(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	m.pair("bad", pair{tmpl: `{{getv "/env/later"}}`})
	m.pair("worse", pair{tmpl: `{{nosuchfunc}}`})
	m.pair("good", pair{tmpl: showA})
	m.write("conf/conf.d/broken.toml", "[template\nsrc=")
	m.start(node(s))
	for i := range 4 {
		m.want("good", fmt.Sprint("a=", i+1))
		s.Set("/env/a", strconv.Itoa(i+2))
	}
	m.want("good", "a=5")
	for _, name := range []string{"/env/later", "nosuchfunc", "broken.toml"} {
		if n := countLines(m.read("confd.log"), "ERROR", name); n != 1 {
			t.Errorf("%s: said %d times", name, n)
		}
	}
	if left, _ := filepath.Glob(m.path("out/*")); len(left) != 1 {
		t.Errorf("files: %q", left)
	}
	s.Set("/env/later", "now")
	m.want("bad", "now")
}

func countLines(text string, with ...string) (n int) {
	for line := range strings.Lines(text) {
		all := true
		for _, w := range with {
			all = all && strings.Contains(line, w)
		}
		if all {
			n++
		}
	}
	return n
}

func TestACheckThatFails(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	m.pair("r", pair{tmpl: showA, check: "echo no good; test ! -e " + m.path("block"), reload: m.appends("x", "log")})
	m.start(node(s))
	m.want("r", "a=1")
	m.write("block", "")
	s.Set("/env/a", "2")
	m.until("it is said", func() bool { return countLines(m.read("confd.log"), "ERROR", "no good") == 1 })
	time.Sleep(1500 * time.Millisecond)
	if got := m.read("out/r"); got != "a=1" || m.lines("log") != 1 {
		t.Errorf("the file is %q, reloads: %d", got, m.lines("log"))
	}
	if err := os.Remove(m.path("block")); err != nil {
		t.Fatal(err)
	}
	m.want("r", "a=2")
	m.until("the reload", func() bool { return m.lines("log") == 2 })
	if n := countLines(m.read("confd.log"), "ERROR", "no good"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

// A reload that failed runs again at the next change of the view, even if the
// file stays the same; the scheduler's command never does.
func TestAReloadThatFails(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	m.pair("r", pair{tmpl: showA, reload: m.appends("x", "log") + "; test -e " + m.path("ok")})
	m.pair("narrow", pair{tmpl: showB, keys: `"/env/b"`, reload: m.appends("x", "narrow") + "; false"})
	m.pair("cmd", pair{tmpl: showB, dest: "cmd.info", reload: m.appends("x", "cmd") + "; false"})
	m.pair("probe", pair{tmpl: `{{getv "/other" "0"}}`})
	m.start(node(s))
	m.until("the first reloads", func() bool { return m.lines("log") == 1 && m.lines("cmd") == 1 && m.lines("narrow") == 1 })
	time.Sleep(1500 * time.Millisecond)
	if m.lines("log") != 1 {
		t.Errorf("%d reloads without a change", m.lines("log"))
	}
	m.write("ok", "")
	s.Set("/other", "1")
	m.want("probe", "1")
	m.until("the reload runs again", func() bool { return m.lines("log") == 2 })
	s.Set("/other", "2")
	m.want("probe", "2")
	time.Sleep(200 * time.Millisecond)
	if m.lines("log") != 2 || m.lines("cmd") != 1 || m.lines("narrow") != 1 {
		t.Errorf("reloads: %d, of cmd.info %d, of narrow keys %d; want 2, 1 and 1", m.lines("log"), m.lines("cmd"), m.lines("narrow"))
	}
	s.Set("/env/b", "y")
	m.until("a new command runs", func() bool { return m.lines("cmd") == 2 && m.lines("narrow") == 2 })
}

func TestFilesThatGoAway(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	m.pair("r", pair{tmpl: showA, keys: `"/env/a"`, reload: m.appends("x", "log")})
	m.pair("edited", pair{tmpl: showA, keys: `"/env/a"`, reload: m.appends("x", "log2")})
	m.start(node(s))
	m.until("the first reloads", func() bool { return m.lines("log") == 1 && m.lines("log2") == 1 })
	time.Sleep(500 * time.Millisecond) // what happens to a file during its reload counts as the reload's work
	if err := os.Remove(m.path("out/r")); err != nil {
		t.Fatal(err)
	}
	m.write("out/edited", "by hand")
	m.want("r", "a=1")
	if m.read("out/edited") != "by hand" {
		t.Error("an edited file was put back without a change")
	}
	if m.lines("log") != 1 {
		t.Error("putting a file back ran reload_cmd")
	}
	s.Set("/hosts/h3", "10.0.0.3") // outside of their views
	m.want("edited", "a=1")
	m.until("the reload of the edited file", func() bool { return m.lines("log2") == 2 })
}

func TestHangup(t *testing.T) {
	t.Parallel()
	s, m := metadtest.New(t, self()), newMachine(t)
	m.pair("r", pair{tmpl: showA, reload: fmt.Sprintf("echo begin >> %[1]s; sleep 1; echo end >> %[1]s", m.path("log"))})
	m.pair("gone", pair{tmpl: showA})
	m.start(node(s))
	m.until("the first reload", func() bool { return m.lines("log") == 1 })
	m.want("gone", "a=1")
	m.pair("r", pair{tmpl: "new " + showA, reload: fmt.Sprintf("echo begin >> %[1]s; sleep 0.1; echo end >> %[1]s", m.path("log"))})
	m.pair("more", pair{tmpl: showB})
	if err := os.Remove(m.path("conf/conf.d/gone.toml")); err != nil {
		t.Fatal(err)
	}
	m.signal(syscall.SIGHUP)
	m.want("more", "b=x")
	m.want("r", "new a=1")
	m.until("both reloads, one after the other", func() bool { return m.read("log") == "begin\nend\nbegin\nend\n" })
	s.Set("/env/a", "2")
	m.want("r", "new a=2")
	if m.read("out/gone") != "a=1" {
		t.Error("a resource that was removed is still followed")
	}
}

func TestTheEnd(t *testing.T) {
	t.Parallel()
	for name, sig := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, m := metadtest.New(t, self()), newMachine(t)
			m.pair("r", pair{tmpl: showA, reload: m.appends("begin", "log") + "; sleep 1.5; " + m.appends("end", "log")})
			m.start(node(s))
			m.until("the reload", func() bool { return m.lines("log") == 1 })
			m.signal(sig)
			if code := m.exit(time.Second); code != 0 {
				t.Errorf("exit status %d", code)
			}
			if strings.Contains(m.read("confd.log"), "ERROR") {
				t.Error("the end is no error")
			}
			m.until("the reload lives on", func() bool { return m.read("log") == "begin\nend\n" })
		})
	}
	t.Run("no server", func(t *testing.T) {
		t.Parallel()
		s, m := metadtest.New(t, self()), newMachine(t)
		s.Stop()
		m.start(node(s))
		m.until("it runs", func() bool { return m.read("confd.log") != "" })
		time.Sleep(200 * time.Millisecond)
		m.signal(syscall.SIGTERM)
		if code := m.exit(time.Second); code != 0 {
			t.Errorf("exit status %d", code)
		}
	})
}
