package ssh_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// deafServer accepts connections and says nothing.
func deafServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func TestRun(t *testing.T) {
	w := newWorld(t)
	h := w.works(w.plain(kvmtest.ServerOptions{}).Target())
	var stdout, stderr bytes.Buffer
	in := strings.Repeat("0123456789", 100_000)
	_, err := h.Run(t.Context(), kvm.Cmd{Script: "cat; echo done >&2; exit 3", Stdin: strings.NewReader(in), Stdout: &stdout, Stderr: &stderr})
	if kvm.ExitStatus(err) != 3 || stdout.String() != in || stderr.String() != "done\n" {
		t.Errorf("%v, %d bytes, %q", err, stdout.Len(), stderr.String())
	}
	_, err = h.Run(t.Context(), kvm.Cmd{Script: "kill -9 $$"})
	var exit *kvm.ExitError
	if !errors.As(err, &exit) || exit.Signal != "KILL" {
		t.Errorf("killed: %v", err)
	}
	// A script that does not read its input.
	if _, err = h.Run(t.Context(), kvm.Cmd{Script: "exit 0", Stdin: strings.NewReader(in)}); err != nil {
		t.Error(err)
	}
	mark := filepath.Join(t.TempDir(), "mark")
	endsWhenCancelled(t, h, mark, mark)
}

// endsWhenCancelled cancels a script that has begun; it leaves a mark at its
// end, which is seen from here at another place.
func endsWhenCancelled(t *testing.T, h kvm.Host, mark, seen string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	begun := writerFunc(func(b []byte) (int, error) { cancel(); return len(b), nil })
	_, err := h.Run(ctx, kvm.Cmd{Script: `trap 'echo ended >"$1"; exit' TERM; echo begun; while :; do sleep 0.1; done`, Args: []string{mark}, Stdout: begun})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled script: %v", err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(seen); err == nil {
			return
		} else if time.Now().After(end) {
			t.Fatalf("a cancelled script went on: %v", err)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// What ~/.bashrc prints is not what the command printed.
func TestTalkativeShell(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{})
	if err := os.WriteFile(filepath.Join(s.Home(), ".bashrc"), []byte("echo welcome; echo news >&2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := w.works(s.Target())
	out, err := h.Run(t.Context(), kvm.Cmd{Script: "printf a; printf b >&2"})
	if err != nil || string(out.Stdout) != "a" || string(out.Stderr) != "b" {
		t.Errorf("%q, %q, %v", out.Stdout, out.Stderr, err)
	}
	if err := os.WriteFile(filepath.Join(s.Home(), ".bashrc"), []byte("echo this account is closed >&2; exit 9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = h.Run(t.Context(), kvm.Cmd{Script: "true"})
	if kvm.ExitStatus(err) != 9 || !strings.Contains(err.Error(), "this account is closed") {
		t.Errorf("got %v", err)
	}
}

// arrival is closed by the first output that reaches it.
type arrival chan struct{}

func (a arrival) Write(p []byte) (int, error) {
	select {
	case <-a:
	default:
		close(a)
	}
	return len(p), nil
}

func TestConnectionIsBroughtBack(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{})
	line := kvmtest.NewLine(t, s.Addr())
	w.write(".ssh/known_hosts", "[127.0.0.1]:* "+strings.SplitN(s.KnownHosts(t), " ", 2)[1])
	var told atomic.Int64
	w.opts.Lost = func(host string, why error) {
		if host == line.Target() && why != nil {
			told.Add(1)
		}
	}
	h := w.works(line.Target())

	line.Cut()
	if _, err := h.Run(t.Context(), kvm.Cmd{Script: "true"}); err != nil || told.Load() != 1 {
		t.Errorf("between two commands: %v, told %d times", err, told.Load())
	}
	dir := t.TempDir()
	count := func(name string) int {
		data, _ := os.ReadFile(filepath.Join(dir, name))
		return len(data)
	}
	out := arrival(make(chan struct{}))
	// cutOnce cuts the line as soon as the script has run once; output that is
	// passed on has arrived then.
	cutOnce := func(name string, passedOn bool) {
		for count(name) == 0 && t.Context().Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		if passedOn {
			<-out
		}
		line.Cut()
	}
	// The first run is long enough to be cut.
	script := `printf x >>"$1"; echo out; if [ "$(wc -c <"$1")" -eq 1 ]; then sleep 5; fi`
	lost := new(kvm.LostError)
	for name, c := range map[string]kvm.Cmd{"again": {Again: true}, "read": {ReadOnly: true}, "once": {}, "passed on": {ReadOnly: true, Stdout: out}} {
		c.Script, c.Args = script, []string{filepath.Join(dir, name)}
		go cutOnce(name, c.Stdout != nil)
		_, err := h.Run(t.Context(), c)
		if c.Repeatable() && c.Stdout == nil {
			if err != nil || count(name) != 2 {
				t.Errorf("%s: %v, ran %d times", name, err, count(name))
			}
		} else if !errors.As(err, &lost) || count(name) != 1 {
			t.Errorf("%s: %v, ran %d times", name, err, count(name))
		}
	}

	// Silence is noticed.
	w.opts.KeepAlive = 100 * time.Millisecond
	h = w.works(line.Target())
	time.AfterFunc(200*time.Millisecond, func() { line.Silence(true) })
	if _, err := h.Run(t.Context(), kvm.Cmd{Script: "sleep 0.5", ReadOnly: true}); err != nil {
		t.Errorf("a silent line: %v", err)
	}
	line.Silence(false)

	// A server that does not come back.
	w.opts.Reconnect = time.Second
	h = w.works(line.Target())
	s.Stop()
	begin := time.Now()
	_, err := h.Run(t.Context(), kvm.Cmd{Script: "true", ReadOnly: true})
	if !errors.As(err, &lost) || time.Since(begin) > 8*time.Second {
		t.Errorf("a server that is gone: %v after %s", err, time.Since(begin))
	}
}

// A machine that answers under the same address with another key is not the
// same machine, even if nothing on file says so.
func TestReconnectionWantsTheSameHost(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{})
	config, err := os.ReadFile(w.opts.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	w.configure(string(config), "UserKnownHostsFile /dev/null", "StrictHostKeyChecking no")
	h := w.works(s.Target())
	s.Stop()
	other := kvmtest.NewKey(t, "ed25519", "")
	if err := os.Rename(other, s.HostKey("ed25519")); err != nil {
		t.Fatal(err)
	}
	s.Start(t)
	_, err = h.Run(t.Context(), kvm.Cmd{Script: "true", ReadOnly: true})
	if err == nil || !strings.Contains(err.Error(), "HAS CHANGED") {
		t.Errorf("got %v", err)
	}
}

func randomBytes(n int) []byte {
	data := make([]byte, n)
	rand.New(rand.NewSource(int64(n))).Read(data)
	return data
}

func TestUpload(t *testing.T) {
	for name, o := range map[string]kvmtest.ServerOptions{"sftp": {}, "scp": {NoSFTP: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			h := w.works(w.plain(o).Target())
			dir := t.TempDir()
			for _, size := range []int{0, 1, 32 << 10, 5<<20 + 17} {
				data := randomBytes(size)
				path := filepath.Join(dir, "file")
				for range 2 {
					if err := h.Upload(t.Context(), path, kvm.Bytes(data)); err != nil {
						t.Fatalf("%d bytes: %v", size, err)
					}
				}
				got, err := os.ReadFile(path)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%d bytes: %d arrived, %v", size, len(got), err)
				}
				if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
					t.Errorf("mode %v", st.Mode())
				}
			}
			wrong := kvm.Bytes([]byte("abc"))
			wrong.SHA256 = kvm.SumOf([]byte("abd"))
			if err := h.Upload(t.Context(), filepath.Join(dir, "wrong"), wrong); err == nil || !strings.Contains(err.Error(), "another sha256") {
				t.Errorf("wrong content: %v", err)
			}
			if err := h.Upload(t.Context(), filepath.Join(dir, "no", "folder"), kvm.Bytes([]byte("abc"))); err == nil {
				t.Error("a missing folder is no error")
			}
			left, err := os.ReadDir(dir)
			if err != nil || len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A cut upload goes on at its byte offset: on the whole little more than the
// file goes over the line.
func TestUploadGoesOn(t *testing.T) {
	for name, o := range map[string]kvmtest.ServerOptions{"sftp": {}, "scp": {NoSFTP: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.plain(o)
			line := kvmtest.NewLine(t, s.Addr())
			w.write(".ssh/known_hosts", "[127.0.0.1]:* "+strings.SplitN(s.KnownHosts(t), " ", 2)[1])
			h := w.works(line.Target())
			path := filepath.Join(t.TempDir(), "file")
			data := randomBytes(24 << 20)
			begin := line.Sent()
			line.CutAfter(14 << 20)
			if err := h.Upload(t.Context(), path, kvm.Bytes(data)); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
			if line.Dials() != 2 {
				t.Errorf("%d connections", line.Dials())
			}
			if sent := line.Sent() - begin; sent > 30<<20 {
				t.Errorf("%d bytes went over the line for a file of %d", sent, len(data))
			}
		})
	}
}

// What an earlier run left is used; what is not the file's beginning is not.
func TestUploadAfterAnEarlierRun(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{})
	data := randomBytes(6 << 20)
	dir := t.TempDir()
	for name, left := range map[string][]byte{"beginning": data[:5<<20], "rubbish": randomBytes(5<<20 + 1), "too long": append(data, 'x'), "same size": randomBytes(len(data) - 1)[:1]} {
		path := filepath.Join(dir, name)
		if name == "same size" {
			left = append(bytes.Clone(data[1:]), 'x')
		}
		if err := os.WriteFile(path+".part", left, 0o600); err != nil {
			t.Fatal(err)
		}
		h := w.works(s.Target())
		if err := h.Upload(t.Context(), path, kvm.Bytes(data)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestSlowLine(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{})
	line := kvmtest.NewLine(t, s.Addr())
	w.write(".ssh/known_hosts", "[127.0.0.1]:* "+strings.SplitN(s.KnownHosts(t), " ", 2)[1])
	var last int64
	w.opts.KeepAlive = 300 * time.Millisecond
	w.opts.Progress = func(_, _ string, done, _ int64) { last = done }
	h := w.works(line.Target())
	line.Rate(400 << 10)
	data := randomBytes(1 << 20)
	if err := h.Upload(t.Context(), filepath.Join(t.TempDir(), "file"), kvm.Bytes(data)); err != nil || line.Dials() != 1 {
		t.Errorf("%v over %d connections: a slow line is not a dead one", err, line.Dials())
	}
	if last != int64(len(data)) {
		t.Errorf("the last word was %d bytes", last)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	err := h.Upload(ctx, filepath.Join(t.TempDir(), "file"), kvm.Bytes(data))
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 3*time.Second {
		t.Errorf("cancelled: %v after %s", err, time.Since(begin))
	}
}

// SFTP says "Failure" for whatever it is; what can be known is told.
func TestUploadSaysWhatIsKnown(t *testing.T) {
	w, m := machineWorld(t, "")
	w.given("r00t")
	h := w.works(m.Target("root"))
	if _, err := h.Run(t.Context(), kvm.Cmd{Script: "mkdir -p /opt/x.part /small; mount -t tmpfs -o size=1m tmpfs /small; mkdir /few; mount -t tmpfs -o nr_inodes=1 tmpfs /few"}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/opt/x":   "the server cannot write it, and does not say why (the disk of / has ",
		"/small/x": "No space left on the disk of /small: it has 0 KB free, and 2048 KB are missing of the file",
		"/few/x":   "No space left on the disk of /few: it has no inodes free",
	} {
		err := h.Upload(t.Context(), path, kvm.Bytes(randomBytes(3<<20)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
