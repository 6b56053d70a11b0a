//go:build linux

package daemon_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/confd/metad/metadtest"
)

// image imports a base of a static busybox and the daemon, and returns its name.
func image(t *testing.T, docker string) string {
	t.Helper()
	busybox := testneed.Tool(t, "busybox")
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	add := func(h *tar.Header, data []byte) {
		h.Size = int64(len(data))
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	for name, file := range map[string]string{"bin/busybox": busybox, "confd": binary(t)} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		add(&tar.Header{Name: name, Mode: 0o755}, data)
	}
	for _, link := range []string{"sh", "sleep", "cat", "grep", "true", "ls"} {
		add(&tar.Header{Name: "bin/" + link, Linkname: "busybox", Typeflag: tar.TypeSymlink}, nil)
	}
	add(&tar.Header{Name: "tmp/", Mode: 0o1777, Typeflag: tar.TypeDir}, nil)
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("appimg-confd-test:%d", time.Now().UnixNano())
	cmd := exec.Command(docker, "import", "-", name)
	cmd.Stdin = &b
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command(docker, "rmi", "-f", name).Run() })
	return name
}

// container is a machine whose daemon is PID 1 of a container. Paths are the
// same on both sides.
type container struct {
	*machine
	docker, name string
}

func (c *container) start(image string, args ...string) {
	c.t.Helper()
	c.name = fmt.Sprintf("appimg-confd-%d", time.Now().UnixNano())
	run := append([]string{"run", "-d", "--name", c.name, "--network", "host", "-v", c.dir + ":" + c.dir, "--entrypoint", "/confd", image,
		"-watch", "-confdir", c.path("conf"), "-prefix", "/self"}, args...)
	c.must(run...)
	c.t.Cleanup(func() {
		if c.t.Failed() {
			c.t.Logf("the daemon says:\n%s", c.try("logs", c.name))
		}
		c.try("rm", "-f", c.name)
	})
}

func (c *container) try(args ...string) string {
	out, _ := exec.Command(c.docker, args...).CombinedOutput()
	return string(out)
}

func (c *container) must(args ...string) string {
	c.t.Helper()
	out, err := exec.Command(c.docker, args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// processes are the state letters of the processes in the container, one
// string for all.
func (c *container) processes() string {
	out := c.try("exec", c.name, "sh", "-c", "cat /proc/[0-9]*/stat")
	var states strings.Builder
	for line := range strings.Lines(out) {
		_, after, ok := strings.Cut(line, ") ")
		if ok {
			states.WriteString(after[:1])
		}
	}
	return states.String()
}

func TestPID1(t *testing.T) {
	t.Parallel()
	docker := testneed.Docker(t)
	img := image(t, docker)
	s := metadtest.New(t, self())

	c := &container{machine: newMachine(t), docker: docker}
	// An app that ends well when it is told to, twenty orphans that end by
	// themselves, and a command whose exit status must not be lost to the reaper.
	c.pair("app", pair{tmpl: showB, reload: fmt.Sprintf("(trap 'echo ended >> %s; exit 0' TERM; while :; do sleep 0.1; done) & for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do (sleep 0.0$i &); done",
		c.path("log"))})
	c.pair("cmd", pair{tmpl: showA, check: "true", reload: "(sleep 0.01 &); echo x >> " + c.path("runs") + "; exit 7"})
	c.start(img, node(s))

	stubborn := &container{machine: newMachine(t), docker: docker}
	stubborn.pair("app", pair{tmpl: showB, reload: "(trap '' TERM; echo x > " + stubborn.path("log") + "; while :; do sleep 1; done) &"})
	stubborn.start(img, node(s))

	c.want("app", "b=x")
	for i := range 15 {
		s.Set("/env/a", fmt.Sprint("v", i))
		c.want("cmd", fmt.Sprint("a=v", i))
		n := i + 2
		c.until("the reload", func() bool { return c.lines("runs") >= n || i == 0 })
	}
	within(t, 20*time.Second, "all orphans are reaped", func() bool {
		states := c.processes()
		return states != "" && !strings.Contains(states, "Z")
	})
	log := c.must("logs", c.name)
	if n := strings.Count(log, "exit status 7"); n != c.lines("runs") || n < 15 {
		t.Errorf("%d of %d exit statuses arrived", n, c.lines("runs"))
	}
	if strings.Contains(log, "no child") {
		t.Errorf("an exit status was stolen:\n%s", log)
	}

	start := time.Now()
	c.must("stop", "-t", "30", c.name)
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("the container ends after %v", d)
	}
	if got := c.read("log"); got != "ended\n" {
		t.Errorf("the app's last words are %q", got)
	}
	if code := strings.TrimSpace(c.must("inspect", "-f", "{{.State.ExitCode}}", c.name)); code != "0" {
		t.Errorf("exit status %s", code)
	}

	stubborn.until("the app runs", func() bool { return stubborn.lines("log") == 1 })
	start = time.Now()
	stubborn.must("stop", "-t", "30", stubborn.name)
	if d := time.Since(start); d < 7*time.Second || d > 12*time.Second {
		t.Errorf("a container with a stubborn app ends after %v; 8 s are right", d)
	}
}
