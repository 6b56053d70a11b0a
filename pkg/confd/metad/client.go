package metad

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// Options says which servers a Client uses, and how patient it is. Zero
// durations are the defaults.
type Options struct {
	Nodes []string // HOST:PORT each; the port is 80 where there is none
	// DialTimeout bounds one connection; 3 s. Two servers, one of them gone
	// without a trace, must not cost more than a moment.
	DialTimeout time.Duration
	// ReadTimeout bounds one read, and the body of a wait once its answer has
	// begun; 10 s.
	ReadTimeout time.Duration
	// HoldTimeout ends a wait that the server does not answer; 5 min. A
	// server may forget a wait, and a connection may die unnoticed: this is
	// how long a change can stay unseen then.
	HoldTimeout time.Duration
	// MaxAnswer bounds the memory that one answer takes; 64 MiB.
	MaxAnswer int64
}

// Client reads from metadata servers. It may be used concurrently.
type Client struct {
	o       Options
	nodes   []node
	current atomic.Int32 // the node that answered last
	http    *http.Client
}

var _ confd.Source = (*Client)(nil)

// New makes a client that starts with any one of the nodes. No request is
// made yet.
func New(o Options) (*Client, error) {
	if len(o.Nodes) == 0 {
		return nil, diag.WithHint(errors.New("no metadata server is named"),
			"name one with -node HOST:PORT, or in confd.toml with nodes = [\"HOST:PORT\"]")
	}
	o.DialTimeout = orElse(o.DialTimeout, 3*time.Second)
	o.ReadTimeout = orElse(o.ReadTimeout, 10*time.Second)
	o.HoldTimeout = orElse(o.HoldTimeout, 5*time.Minute)
	o.MaxAnswer = orElse(o.MaxAnswer, 64<<20)
	c := &Client{o: o, http: &http.Client{Transport: transport(o)}}
	for _, name := range o.Nodes {
		n, err := parseNode(name)
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, n)
	}
	c.current.Store(rand.Int32N(int32(len(c.nodes)))) // spreads the nodes of a cluster over the servers
	return c, nil
}

func orElse[T int64 | time.Duration](v, fallback T) T {
	if v == 0 {
		return fallback
	}
	return v
}

func quote(s string) string { return strconv.Quote(s) }

// transport is made for one connection that is kept and mostly waits. No
// proxy: the metadata server is a neighbour that knows clients by address.
func transport(o Options) *http.Transport {
	alive := net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 4}
	d := &net.Dialer{Timeout: o.DialTimeout, KeepAliveConfig: alive}
	return &http.Transport{
		DialContext:            d.DialContext,
		TLSHandshakeTimeout:    o.DialTimeout,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ReadBufferSize:         4 << 10,
		WriteBufferSize:        1 << 10,
	}
}

// Get answers a read of one path the way QingCloud's client does: the body of
// a 404 is a value like any other. It is an *UnavailableError where no server
// answers, and a *BadAnswerError where the answer is not JSON.
func (c *Client) Get(ctx context.Context, path string) (any, error) {
	var value any
	err := c.each(ctx, func(n int) error {
		a, err := c.ask(ctx, n, path)
		if err == nil {
			value, err = a.value()
		}
		return err
	})
	var bad *BadAnswerError
	if errors.As(err, &bad) && len(c.nodes) == 1 {
		return nil, bad
	}
	return value, err
}

// Document is what a server had at a path.
type Document struct {
	Value   any    // as encoding/json decodes into any
	Version string // X-Metad-Version as the server gave it; "" if it gave none
	path    string
	node    int
}

// Read reads the whole of a path. A path that no server has is ErrAbsent:
// unlike a single key, the whole of a node's metadata is missing only while
// something is wrong.
func (c *Client) Read(ctx context.Context, path string) (*Document, error) {
	doc := &Document{path: path}
	err := c.each(ctx, func(n int) error {
		a, err := c.ask(ctx, n, path)
		switch {
		case err != nil:
			return err
		case a.status == http.StatusNotFound:
			return ErrAbsent
		}
		doc.node, doc.Version = n, a.version
		doc.Value, err = a.value()
		return err
	})
	if err != nil {
		return nil, err
	}
	return doc, nil
}

// each tries the nodes in turn, from the one that answered last, until f
// succeeds. A node that has nothing there does not hide one that is down: the
// error is ErrAbsent only if some node answered so.
func (c *Client) each(ctx context.Context, f func(n int) error) error {
	start := int(c.current.Load())
	absent := false
	var all UnavailableError
	for i := range c.nodes {
		n := (start + i) % len(c.nodes)
		err := f(n)
		var bad badPath
		switch {
		case err == nil:
			c.current.Store(int32(n))
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &bad):
			return bad.err
		case errors.Is(err, ErrAbsent):
			absent = true
		}
		all.Nodes = append(all.Nodes, &NodeError{c.nodes[n].name, err})
	}
	if absent {
		return ErrAbsent
	}
	return &all
}

// value decodes the body.
func (a *answer) value() (any, error) {
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		return nil, &BadAnswerError{err}
	}
	return v, nil
}

// Wait returns nil when the server that gave doc says that it changed, or
// after HoldTimeout: in either case it is time to Read again. Any error means
// that changes may have been missed.
func (c *Client) Wait(ctx context.Context, doc *Document) error {
	held, cancel := context.WithCancel(ctx)
	defer cancel()
	limit := time.AfterFunc(c.hold(doc), cancel)
	defer limit.Stop()
	path, err := waitPath(doc.path, doc.Version)
	if err != nil {
		return err
	}
	sent := &sending{moved: func() { limit.Reset(min(c.o.HoldTimeout, shortHold)) }, resent: cancel}
	a, err := c.askWith(sent.watch(held), doc.node, path, func() { limit.Reset(c.o.ReadTimeout) })
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case sent.again():
		return &NodeError{c.nodes[doc.node].name, errClosed}
	case held.Err() != nil && a == nil:
		return nil
	case err != nil:
		return &NodeError{c.nodes[doc.node].name, err}
	case a.status == http.StatusNotFound:
		return &NodeError{c.nodes[doc.node].name, ErrAbsent}
	}
	return nil
}

// shortHold is for waits that the server may not be able to match with what
// was read before.
const shortHold = 5 * time.Second

// hold is how long a wait for doc may last. Without a version the server
// cannot tell that something changed before it heard of the wait.
func (c *Client) hold(doc *Document) time.Duration {
	if doc.Version == "" || doc.Version == "0" {
		return min(c.o.HoldTimeout, shortHold)
	}
	return c.o.HoldTimeout - rand.N(c.o.HoldTimeout/10+1) // all nodes of a cluster start together
}
