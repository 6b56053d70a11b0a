package ssh

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// As much is under way as the line has use for: on a short one, where the
// server is what takes the time, few writes; on a long one, all that fit.
func TestFlow(t *testing.T) {
	for _, c := range []struct {
		what        string
		line, write time.Duration // a round trip, and the server's time for one write
		least, most int           // under way
	}{
		{"a server nearby", 200 * time.Microsecond, time.Millisecond, 1, fewFlights + 4},
		{"a busy server", 20 * time.Millisecond, 10 * time.Millisecond, 1, fewFlights + 4},
		{"a line of 10 Mbit/s", 20 * time.Millisecond, 26 * time.Millisecond, 1, fewFlights + 4},
		{"a long line of 1 Gbit/s", 100 * time.Millisecond, 260 * time.Microsecond, flights, flights},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFlow()
			writes := make(chan time.Time, flights)
			var server sync.WaitGroup
			server.Go(func() { // one after the other, and each answer is half a round trip behind it
				for sent := range writes {
					time.Sleep(time.Until(sent.Add(c.line / 2)))
					time.Sleep(c.write)
					time.AfterFunc(c.line/2, f.answered)
				}
			})
			most := 0
			for range 500 {
				f.enter()
				f.mu.Lock()
				most = max(most, len(f.sent))
				f.mu.Unlock()
				writes <- time.Now()
			}
			close(writes)
			server.Wait()
			if most < c.least || most > c.most {
				t.Errorf("%s: %d writes under way, want %d to %d", c.what, most, c.least, c.most)
			}
		})
	}
}

// Whatever parts the answers come in, they are counted; after the end nobody waits.
func TestFlowCountsAnswers(t *testing.T) {
	var said bytes.Buffer
	for i := range 40 {
		rest := strings.Repeat("x", 1+i*7)
		said.Write(binary.BigEndian.AppendUint32(nil, uint32(len(rest))))
		said.WriteString(rest)
	}
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(said.Bytes()), "bytes": iotest.OneByteReader(bytes.NewReader(said.Bytes())), "halves": iotest.HalfReader(bytes.NewReader(said.Bytes())),
	} {
		f := newFlow()
		f.room = 50
		for range 50 {
			f.enter()
		}
		got, err := io.ReadAll(&answers{r: r, flow: f})
		if err != nil || !bytes.Equal(got, said.Bytes()) || len(f.sent) != 10 {
			t.Errorf("%s: %d of 50 are not answered, want 10; %v", name, len(f.sent), err)
		}
		for range 100 {
			f.enter()
		}
	}
}

// A read is a write to the server, however little its source gives at once.
func TestMeasuredFillsItsBuffer(t *testing.T) {
	f := newFlow()
	r := &measured{f, iotest.OneByteReader(strings.NewReader("0123456789"))}
	b := make([]byte, 4)
	for _, want := range []struct {
		n   int
		err error
	}{{4, nil}, {4, nil}, {2, io.EOF}, {0, io.EOF}} {
		if n, err := r.Read(b); n != want.n || !errors.Is(err, want.err) {
			t.Errorf("%d, %v, want %d, %v", n, err, want.n, want.err)
		}
	}
	if len(f.sent) != 3 {
		t.Errorf("%d writes, want 3", len(f.sent))
	}
}
