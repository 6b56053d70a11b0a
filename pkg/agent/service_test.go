package agent_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/agent"
)

// sysvRoot is a root folder with busybox, the real daemon and its init script.
func sysvRoot(t *testing.T) string {
	t.Helper()
	testneed.Root(t)
	daemon, err := os.ReadFile(testneed.Binary(t, "confd"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := agent.Service(agent.SysV)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	files = append(files, agent.New("test", "amd64", daemon).Files()...)
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("wait") == "true" {
			<-r.Context().Done()
		}
		io.WriteString(w, `{"host":{"ip":"127.0.0.1"}}`)
	}))
	t.Cleanup(func() {
		metadata.CloseClientConnections()
		metadata.Close()
	})
	for _, f := range append(files, agent.Config(agent.ConfigOptions{Node: strings.TrimPrefix(metadata.URL, "http://")})) {
		p := filepath.Join(root, f.Path)
		if f.Mode.IsDir() {
			err = os.MkdirAll(p, 0o755)
		} else if err = os.MkdirAll(filepath.Dir(p), 0o755); err == nil {
			err = os.WriteFile(p, f.Data, f.Mode.Perm())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	script := `cd "$1" && mkdir -p bin dev proc && : >dev/null && cp "$2" bin/busybox && for a in sh cat grep tr kill sleep rm mkdir; do ln -s busybox bin/$a; done`
	if out, err := exec.Command("sh", "-c", script, "sh", root, testneed.Tool(t, "busybox")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := syscall.Mount("proc", filepath.Join(root, "proc"), "proc", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(filepath.Join(root, "proc"), 0) })
	return root
}

func TestSysVService(t *testing.T) {
	root := sysvRoot(t)
	service := func(action string, want int) string {
		t.Helper()
		out, err := exec.Command("chroot", root, "/etc/init.d/confd", action).CombinedOutput()
		code := 0
		if exit, ok := err.(*exec.ExitError); ok {
			code = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if code != want {
			t.Errorf("%s: exit code %d, want %d\n%s%s", action, code, want, out, read(t, filepath.Join(root, agent.Home, "log/confd.log")))
		}
		return string(out)
	}
	pidFile := filepath.Join(root, agent.Home, "run/confd.pid")
	t.Cleanup(func() { service("stop", 0) })
	service("status", 3)
	service("start", 0)
	first := read(t, pidFile)
	service("start", 0)
	if again := read(t, pidFile); again != first {
		t.Errorf("a second start replaced %s by %s", first, again)
	}
	service("restart", 0)
	if again := read(t, pidFile); again == first || again == "" {
		t.Errorf("after a restart the pid is %q, before %q", again, first)
	}
	if out := service("status", 0); !strings.Contains(out, strings.TrimSpace(read(t, pidFile))) {
		t.Errorf("status says %q", out)
	}
	service("stop", 0)
	service("status", 3)
	// A pid file from before a crash, whose number belongs to somebody else now.
	if err := os.WriteFile(pidFile, []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	service("status", 3)
	service("stop", 0)
	if err := syscall.Kill(1, 0); err != nil {
		t.Errorf("process 1: %v", err)
	}
}
