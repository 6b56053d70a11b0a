package ssh_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

// world is a local user with a home of his own.
type world struct {
	t    testing.TB
	home string
	opts ssh.Options
	asks atomic.Int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, home: t.TempDir()}
	t.Setenv("SSH_AUTH_SOCK", "")
	w.opts = ssh.Options{Home: w.home, User: "tester", ConfigFile: filepath.Join(w.home, ".ssh", "config"), Reconnect: 10 * time.Second}
	w.write(".ssh/config", "")
	return w
}

func (w *world) write(name, text string) string {
	w.t.Helper()
	file := filepath.Join(w.home, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
		w.t.Fatal(err)
	}
	return file
}

// configure replaces ~/.ssh/config.
func (w *world) configure(lines ...string) { w.write(".ssh/config", strings.Join(lines, "\n")+"\n") }

// know makes known_hosts know the servers.
func (w *world) know(servers ...*kvmtest.Server) {
	text := ""
	for _, s := range servers {
		text += s.KnownHosts(w.t)
	}
	w.write(".ssh/known_hosts", text)
}

// answers makes a person answer every question with text.
func (w *world) answers(text string) {
	w.opts.Ask = func(context.Context, ssh.Prompt) (string, error) {
		w.asks.Add(1)
		return text, nil
	}
}

func (w *world) dialer() *ssh.Dialer {
	w.t.Helper()
	d, err := ssh.NewDialer(w.opts)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) dial(target string) (kvm.Host, error) {
	w.t.Helper()
	t, err := kvm.ParseTarget(target)
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := w.dialer().Dial(w.t.Context(), t)
	if err == nil {
		w.t.Cleanup(func() { h.Close() })
	}
	return h, err
}

// works fails the test unless a command runs on target.
func (w *world) works(target string) kvm.Host {
	w.t.Helper()
	h, err := w.dial(target)
	if err != nil {
		w.t.Fatalf("%s: %v", target, err)
	}
	out, err := h.Run(w.t.Context(), kvm.Cmd{Script: `echo "$1"`, Args: []string{"it's $HOME"}, ReadOnly: true})
	if err != nil || out.Text() != "it's $HOME" {
		w.t.Fatalf("%s: %q, %v", target, out.Stdout, err)
	}
	return h
}

// refuses fails the test unless connecting ends with all of words in the error.
func (w *world) refuses(target string, words ...string) error {
	w.t.Helper()
	_, err := w.dial(target)
	if err == nil {
		w.t.Fatalf("%s: connected, want %q", target, words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			w.t.Errorf("%s: %v\nlacks %q", target, err, word)
		}
	}
	return err
}

// plain is a server with one authorized key that the world has.
func (w *world) plain(o kvmtest.ServerOptions) *kvmtest.Server {
	w.t.Helper()
	s := kvmtest.StartServer(w.t, o)
	key := kvmtest.NewKey(w.t, "ed25519", "")
	s.Authorize(w.t, key, "")
	w.know(s)
	w.configure("IdentityFile " + key)
	return s
}

// startAgent starts an ssh-agent that ends with the test, and returns its socket.
func startAgent(t testing.TB, keys ...string) string {
	t.Helper()
	sock := filepath.Join(t.TempDir(), "agent")
	cmd := exec.Command(testneed.Tool(t, "ssh-agent"), "-D", "-a", sock)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	// The socket's file is there before anybody listens at it.
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("unix", sock); err == nil {
			_ = c.Close()
			break
		}
	}
	for _, k := range keys {
		add := exec.Command("ssh-add", "-q", k)
		add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+sock)
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("ssh-add %s: %v\n%s", k, err, out)
		}
	}
	return sock
}

// debugLog writes everything that is logged to b.
func debugLog(b io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
