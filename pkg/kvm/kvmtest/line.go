package kvmtest

import (
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Line is a bad line to a server: a TCP relay that can be cut, slowed down and
// made silent.
type Line struct {
	to       string
	listener net.Listener
	dials    atomic.Int64
	sent     atomic.Int64 // bytes towards the server, over all connections
	cutAt    atomic.Int64 // at this many of them; 0 never
	rate     atomic.Int64 // bytes per second towards the server; 0 is no limit
	silent   atomic.Bool

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// NewLine is a line to addr that ends with the test.
func NewLine(t testing.TB, addr string) *Line {
	t.Helper()
	line, err := OpenLine(addr)
	must(t, err)
	t.Cleanup(line.Close)
	return line
}

// OpenLine is a line to addr that lasts until Close.
func OpenLine(addr string) (*Line, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	line := &Line{to: addr, listener: l, conns: map[net.Conn]bool{}}
	go line.accept()
	return line, nil
}

// Close ends the line for good.
func (l *Line) Close() {
	_ = l.listener.Close() // nobody is left to hear of it
	l.Silence(false)
	l.Cut()
}

// Port is the port to connect to.
func (l *Line) Port() int { return l.listener.Addr().(*net.TCPAddr).Port }

// Target is root at this line's end.
func (l *Line) Target() string { return "root@127.0.0.1:" + strconv.Itoa(l.Port()) }

// Dials is how many connections there were.
func (l *Line) Dials() int64 { return l.dials.Load() }

// Sent is how many bytes went towards the server.
func (l *Line) Sent() int64 { return l.sent.Load() }

// CutAfter cuts the line once n more bytes went towards the server.
func (l *Line) CutAfter(n int64) { l.cutAt.Store(l.sent.Load() + n) }

// Rate bounds the bytes per second towards the server.
func (l *Line) Rate(n int64) { l.rate.Store(n) }

// Silence holds back, without a word, what goes over the connections of today; later ones work.
func (l *Line) Silence(on bool) { l.silent.Store(on) }

// Cut ends all connections; new ones are possible.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.Close()
		delete(l.conns, c)
	}
}

func (l *Line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.dials.Add(1)
		far, err := net.Dial("tcp", l.to)
		if err != nil {
			near.Close()
			continue
		}
		l.mu.Lock()
		l.conns[near], l.conns[far] = true, true
		l.mu.Unlock()
		born := l.silent.Load()
		go l.relay(far, near, true, born)
		go l.relay(near, far, false, born)
	}
}

func (l *Line) relay(to, from net.Conn, up, bornSilent bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 8<<10)
	for {
		n, err := from.Read(buf)
		for l.silent.Load() && !bornSilent {
			time.Sleep(5 * time.Millisecond)
		}
		if up && n > 0 {
			n = l.toll(n)
		}
		if _, werr := to.Write(buf[:n]); werr != nil || err != nil || n == 0 {
			return
		}
	}
}

// toll counts n bytes, waits for the rate, and cuts the line where it is to be
// cut: the number of bytes that still pass is returned.
func (l *Line) toll(n int) int {
	sum := l.sent.Add(int64(n))
	if rate := l.rate.Load(); rate > 0 {
		time.Sleep(time.Duration(n) * time.Second / time.Duration(rate))
	}
	if at := l.cutAt.Load(); at > 0 && sum >= at {
		l.cutAt.Store(0)
		l.Cut()
		return 0
	}
	return n
}
