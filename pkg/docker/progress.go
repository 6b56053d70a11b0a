package docker

import (
	"context"
	"io"
	"sync"
)

// Stage is a part of the work that is worth showing.
type Stage string

// The stages, in the order in which they can come.
const (
	StageBuild    Stage = "build"    // the engine runs a Dockerfile
	StagePull     Stage = "pull"     // a layer of the base comes from a registry
	StageImport   Stage = "import"   // an image comes from the engine or a file
	StageCompress Stage = "compress" // a layer is written
	StagePush     Stage = "push"     // a blob goes to a registry
	StageWrite    Stage = "write"    // an image goes to disk
	StageLoad     Stage = "load"     // an image goes into the engine
)

// Event tells how far the work on one item is.
type Event struct {
	Stage Stage
	Item  string // what it is about, e.g. "rootfs" or "sha256:0123456789ab"
	Bytes int64  // done so far
	Total int64  // of these; 0 where it is not known
	Done  bool
	Note  string // "exists", "mounted", a line of the build's output, why something is tried again
}

// events hands events to one function, one at a time.
type events struct {
	mu   sync.Mutex
	show func(Event)
}

func (e *events) send(ev Event) {
	if e == nil || e.show == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.show(ev)
}

// counting reports what is read from r as progress on item.
type counting struct {
	r    io.Reader
	e    *events
	ev   Event
	last int64
}

// countStep is how many bytes go by between two events.
const countStep = 256 << 10

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.ev.Bytes += int64(n)
	if c.ev.Bytes-c.last >= countStep {
		c.last = c.ev.Bytes
		c.e.send(c.ev)
	}
	return n, err
}

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// withContext makes reading stop when ctx ends.
func withContext(ctx context.Context, r io.Reader) io.Reader { return contextReader{ctx, r} }
