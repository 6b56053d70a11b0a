package daemon

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/appimg/appimg/pkg/confd"
)

const (
	tailSize = 4 << 10               // of a command's output goes into an error
	linger   = 50 * time.Millisecond // for the rest of the output once the shell has ended
)

// commands runs check_cmd and reload_cmd. A command belongs to nobody but
// itself: it has a session of its own, no signal goes to it, and nothing waits
// for what its shell leaves in the background.
type commands struct {
	// log is where reload commands write to, directly: what they start may
	// outlive the daemon, and would die of writing to a pipe of it.
	log      *os.File
	children *children
}

// reload runs a command that writes to the log itself. It starts even if ctx
// has ended, and is not waited for then.
func (c *commands) reload(ctx context.Context, command string) ([]byte, error) {
	cmd := confd.Shell(command)
	if c.log != nil {
		cmd.Stdout, cmd.Stderr = c.log, c.log
	}
	if err := c.children.start(cmd); err != nil {
		return nil, err
	}
	return nil, c.wait(ctx, cmd)
}

// check runs a command and returns the end of what it wrote, if it failed:
// as part of the error, too.
func (c *commands) check(ctx context.Context, command string) ([]byte, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := confd.Shell(command)
	cmd.Stdout, cmd.Stderr = w, w
	err = c.children.start(cmd)
	_ = w.Close()
	if err != nil {
		_ = r.Close()
		return nil, err
	}
	out := newTail(r)
	if err = c.wait(ctx, cmd); err == nil {
		return nil, nil
	}
	text := out.text(linger)
	if len(text) > 0 {
		err = fmt.Errorf("%w: %q", err, text)
	}
	return text, err
}

// wait waits for the shell, but not longer than ctx lasts.
func (c *commands) wait(ctx context.Context, cmd *exec.Cmd) error {
	done := make(chan error, 1)
	go func() { done <- c.children.wait(cmd) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tail reads a pipe to its end, which may be long after the command's, and
// keeps the last part.
type tail struct {
	mu    sync.Mutex
	last  []byte
	ended chan struct{}
}

func newTail(r *os.File) *tail {
	t := &tail{ended: make(chan struct{})}
	go t.read(r)
	return t
}

func (t *tail) read(r *os.File) {
	defer close(t.ended)
	defer func() { _ = r.Close() }()
	buf := make([]byte, 1<<10)
	for {
		n, err := r.Read(buf)
		t.mu.Lock()
		t.last = append(t.last, buf[:n]...)
		if over := len(t.last) - tailSize; over > 0 {
			t.last = append(t.last[:0], t.last[over:]...)
		}
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// text is what there is when the pipe ends, or after d.
func (t *tail) text(d time.Duration) []byte {
	select {
	case <-t.ended:
	case <-time.After(d):
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.last)
}
