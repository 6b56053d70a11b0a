package ssh

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// link is a connection that is logged in, with what it travels through.
type link struct {
	client *ssh.Client
	below  []io.Closer // jump hosts and proxies, the nearest first
	heard  *heard
	dead   chan struct{}
	reason atomic.Pointer[error]
}

// Close ends the connection and what it travels through.
func (l *link) Close() error {
	err := l.client.Close()
	for _, c := range slices.Backward(l.below) {
		err = errors.Join(err, c.Close())
	}
	if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// watch notices the end of the connection.
func (l *link) watch() {
	err := l.client.Wait()
	if err == nil {
		err = io.EOF
	}
	l.reason.CompareAndSwap(nil, &err)
	close(l.dead)
}

// why is what ended the connection, or nil while it lives.
func (l *link) why() error {
	select {
	case <-l.dead:
		return *l.reason.Load()
	default:
		return nil
	}
}

// keepAlive asks a server that was silent for the interval whether it is there,
// and ends the connection when nothing at all is heard for count intervals.
func (l *link) keepAlive(interval time.Duration, count int) {
	limit := interval * time.Duration(count)
	asking := make(chan struct{}, 1)
	for wait := interval; ; wait = max(interval-l.heard.silence(), interval/4) {
		select {
		case <-l.dead:
			return
		case <-time.After(wait):
		}
		silence := l.heard.silence()
		if silence > limit+interval/2 {
			err := fmt.Errorf("the server has not answered for %s", limit)
			l.reason.CompareAndSwap(nil, &err)
			l.client.Close()
			return
		}
		if silence < interval {
			continue
		}
		select {
		case asking <- struct{}{}: // one question at a time
			go func() {
				// A refusal is an answer; an error is for watch to notice.
				_, _, _ = l.client.SendRequest("keepalive@openssh.com", true, nil)
				<-asking
			}()
		default:
		}
	}
}

// heard is a connection that knows when the other side was heard last.
type heard struct {
	net.Conn
	ack  func()       // to be called after a read; nil is nothing to call
	last atomic.Int64 // time.Time.UnixNano
}

func (h *heard) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	if n > 0 {
		if h.ack != nil {
			h.ack()
		}
		h.last.Store(time.Now().UnixNano())
	}
	return n, err
}

func (h *heard) silence() time.Duration { return time.Since(time.Unix(0, h.last.Load())) }

// lost decides whether err of an operation on l comes from the connection's
// end. The news of that end may still be on its way.
func (l *link) lost(err error) bool {
	if err == nil {
		return false
	}
	if l.why() != nil {
		return true
	}
	_, _, err = l.client.SendRequest("keepalive@openssh.com", true, nil)
	return err != nil
}

// blame marks err as the connection's where it is.
func (l *link) blame(err error) error {
	if l.lost(err) {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

// errLost marks an error whose cause is the end of the connection.
var errLost = errors.New("the connection ended")
