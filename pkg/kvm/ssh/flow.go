package ssh

import (
	"encoding/binary"
	"io"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// SFTP writes of 32 KB are under way, a few at first and at most 64: more does
// not fit into the window of OpenSSH's server. They are sent in order, and that
// server does them in order: what a cut leaves behind has no holes. Where a
// server thinks otherwise, the sha256 at the end does not fit.
const (
	packet     = 32 << 10
	fewFlights = 16
	flights    = 64
)

// flow decides how many writes are under way. OpenSSH's server keeps those that
// its SFTP program has not taken yet in a buffer, which it copies whenever it
// grows: 64 writes cost a machine more than all else about receiving the agent.
// So there are few, unless the line is long: as long as an answer comes in less
// than twice the time of the quickest, writes are on the line and in no queue,
// and there is use for one more.
type flow struct {
	mu    sync.Mutex
	moved sync.Cond
	sent  []time.Time // when those were that are not answered yet
	room  int         // how many there may be
	quick time.Duration
	over  bool // nothing will be answered any more
}

func newFlow() *flow {
	f := &flow{}
	f.moved.L = &f.mu
	f.begin()
	return f
}

// begin is for a transfer, of which nothing is under way yet.
func (f *flow) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent, f.room, f.quick = nil, fewFlights, 0
}

// enter waits until one more write may be under way.
func (f *flow) enter() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.sent) >= f.room && !f.over {
		f.moved.Wait()
	}
	f.sent = append(f.sent, time.Now())
}

// answered takes the oldest write for the one that was answered.
func (f *flow) answered() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.sent) == 0 { // it was no write
		return
	}
	took := time.Since(f.sent[0])
	f.sent = f.sent[1:]
	if f.quick == 0 || took < f.quick {
		f.quick = took
	}
	if took < 2*f.quick {
		f.room = min(f.room+1, flights)
	}
	f.moved.Signal()
}

// end lets everybody through, to meet the error.
func (f *flow) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
	f.moved.Broadcast()
}

// answers passes on what an SFTP server says, and tells a flow of each message:
// four bytes with the length of what follows, and that.
type answers struct {
	r    io.Reader
	flow *flow
	head []byte
	left uint32 // of what follows
}

func (a *answers) Read(b []byte) (int, error) {
	n, err := a.r.Read(b)
	a.count(b[:n])
	if err != nil {
		a.flow.end()
	}
	return n, err
}

func (a *answers) count(b []byte) {
	for len(b) > 0 {
		if a.left == 0 {
			n := min(4-len(a.head), len(b))
			a.head, b = append(a.head, b[:n]...), b[n:]
			if len(a.head) == 4 {
				a.left, a.head = binary.BigEndian.Uint32(a.head), a.head[:0]
			}
			continue
		}
		n := min(int(a.left), len(b))
		b = b[n:]
		if a.left -= uint32(n); a.left == 0 {
			a.flow.answered()
		}
	}
}

// newSFTP starts an SFTP session whose answers flow hears of.
func newSFTP(c *ssh.Client) (*sftp.Client, *flow, error) {
	session, err := c.NewSession()
	if err != nil {
		return nil, nil, err
	}
	in, err := session.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := session.RequestSubsystem("sftp"); err != nil {
		session.Close()
		return nil, nil, err
	}
	f := newFlow()
	client, err := sftp.NewClientPipe(&answers{r: out, flow: f}, in, sftp.UseConcurrentWrites(true), sftp.MaxPacket(packet), sftp.MaxConcurrentRequestsPerFile(flights))
	if err != nil {
		session.Close()
		return nil, nil, err
	}
	return client, f, nil
}
