package ssh

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// streams are those of a session.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// afterMark passes on what is written after the mark's line.
type afterMark struct {
	to     io.Writer
	began  func() // called where the mark comes; nil is nothing to call
	before []byte
	passed bool
}

func (a *afterMark) Write(b []byte) (int, error) {
	if a.passed {
		return a.to.Write(b)
	}
	a.before = append(a.before, b...)
	_, after, found := bytes.Cut(a.before, []byte(mark+"\n"))
	if !found {
		return len(b), nil
	}
	a.passed = true
	if a.began != nil {
		a.began()
	}
	if len(after) > 0 {
		if _, err := a.to.Write(after); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// early is all that was written, where the mark never came: the script did not begin.
func (a *afterMark) early() []byte {
	if a.passed {
		return nil
	}
	return a.before
}

// counter knows whether anything was written to it.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += len(b)
	return len(b), nil
}

func (c *counter) any() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n > 0
}

// tail keeps the last 2000 bytes written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

func (t *tail) Write(b []byte) (int, error) {
	const enough = 2000
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, b...)
	if len(t.data) > enough {
		t.data = t.data[len(t.data)-enough:]
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.data))
}
