//go:build linux

package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/metadata/server"
)

// TestMain lets the test binary be the daemon.
func TestMain(m *testing.M) {
	if os.Getenv("BE_CONFD") != "" {
		main()
	}
	os.Exit(m.Run())
}

// metadata is a metadata server of this project for a client on loopback.
type metadata struct {
	*server.Server
	http *httptest.Server
}

func serve(t *testing.T, addr string, env map[string]any) *metadata {
	t.Helper()
	m := &metadata{Server: server.New(server.Options{})}
	set(t, m.ReplaceData("/clusters/cl-1", map[string]any{"env": env, "hosts": map[string]any{"i-1": map[string]any{"ip": "10.0.0.1"}}}))
	set(t, m.SetMapping(map[string]any{"127.0.0.1": map[string]any{"env": "/clusters/cl-1/env", "hosts": "/clusters/cl-1/hosts", "adding-hosts": "/clusters/cl-1/adding-hosts"}}))
	l, err := listen(addr)
	set(t, err)
	m.http = httptest.NewUnstartedServer(m.Data())
	_ = m.http.Listener.Close()
	m.http.Listener = l
	m.http.Start()
	t.Cleanup(m.stop)
	return m
}

func listen(addr string) (l net.Listener, err error) {
	for range 100 {
		if l, err = net.Listen("tcp", addr); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return l, err
}

func (m *metadata) stop() {
	_ = m.http.Listener.Close()
	m.http.CloseClientConnections()
	m.http.Close()
}

func (m *metadata) addr() string { return m.http.Listener.Addr().String() }

func set(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start runs the daemon on n resources, r0 to r<n-1>, and returns the folder
// of their files.
func start(t *testing.T, addr string, n int, template, keys string) string {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	for _, d := range []string{filepath.Join(dir, "conf.d"), filepath.Join(dir, "templates"), out} {
		set(t, os.Mkdir(d, 0o755))
	}
	set(t, os.WriteFile(filepath.Join(dir, "templates", "t.tmpl"), []byte(template), 0o600))
	for i := range n {
		toml := fmt.Sprintf("[template]\nsrc = \"t.tmpl\"\ndest = \"%s/r%d\"\nkeys = [%s]\n", out, i, keys)
		set(t, os.WriteFile(filepath.Join(dir, "conf.d", fmt.Sprintf("r%d.toml", i)), []byte(toml), 0o600))
	}
	cmd := exec.Command(os.Args[0], "-watch", "-node", addr, "-prefix", "/self", "-confdir", dir)
	cmd.Env = append(os.Environ(), "BE_CONFD=1")
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	set(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return out
}

func want(t *testing.T, file, text string) {
	t.Helper()
	got := "<none>"
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		b, err := os.ReadFile(file)
		if got = string(b); err == nil && got == text {
			return
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	t.Fatalf("%s is %q; want %q", file, got, text)
}

// The project's daemon with the project's server: scaling, a mapping that goes
// and comes, and a restart that counts versions from the beginning.
func TestWithTheProjectsServer(t *testing.T) {
	t.Parallel()
	const template = `{{getv "/env/a"}} {{range lsdir "/hosts"}}{{.}} {{end}}{{if exists "/adding-hosts/i-2/ip"}}adding{{end}}`
	m := serve(t, "127.0.0.1:0", map[string]any{"a": "1"})
	r0 := filepath.Join(start(t, m.addr(), 1, template, `"/env", "/hosts", "/adding-hosts"`), "r0")
	want(t, r0, "1 i-1 ")
	set(t, m.MergeData("/clusters/cl-1/hosts/i-2", map[string]any{"ip": "10.0.0.2"}))
	want(t, r0, "1 i-1 i-2 ")
	set(t, m.MergeData("/clusters/cl-1/adding-hosts/i-2", map[string]any{"ip": "10.0.0.2"}))
	want(t, r0, "1 i-1 i-2 adding")
	m.Delete("/clusters/cl-1/adding-hosts")
	want(t, r0, "1 i-1 i-2 ")

	m.DeleteMapping("/127.0.0.1")
	time.Sleep(200 * time.Millisecond)
	want(t, r0, "1 i-1 i-2 ")
	set(t, m.SetMapping(map[string]any{"127.0.0.1": map[string]any{"env": "/clusters/cl-1/env", "hosts": "/clusters/cl-1/hosts"}}))
	set(t, m.ReplaceData("/clusters/cl-1/env/a", "2"))
	want(t, r0, "2 i-1 i-2 ")

	for i := range 3 {
		m.stop()
		m = serve(t, m.addr(), map[string]any{"a": fmt.Sprint("again", i)})
		want(t, r0, fmt.Sprint("again", i, " i-1 "))
	}
}

// One connection for all resources, and no requests while nothing changes.
func TestRequestsAreFew(t *testing.T) {
	t.Parallel()
	m := serve(t, "127.0.0.1:0", map[string]any{"a": "0"})
	var mu sync.Mutex
	var paths []string
	inner := m.http.Config.Handler
	m.stop()
	m.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.URL.Path)
		mu.Unlock()
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(m.stop)
	out := start(t, m.addr(), 20, `{{getv "/env/a"}}`, `"/"`)
	for i := range 3 {
		for r := range 20 {
			want(t, fmt.Sprintf("%s/r%d", out, r), fmt.Sprint(i))
		}
		set(t, m.ReplaceData("/clusters/cl-1/env/a", fmt.Sprint(i+1)))
	}
	want(t, out+"/r0", "3")
	m.stop()
	if len(paths) > 2*4+1 || slices.ContainsFunc(paths, func(p string) bool { return p != "/self" }) {
		t.Errorf("%d requests for four rounds: %q", len(paths), paths)
	}
}
