package cli

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/kvm"
)

// screen is what was written to a terminal.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Lines tell the time while nothing happens, and what is said meanwhile stands
// above them.
func TestBoardOnATerminal(t *testing.T) {
	s := &screen{}
	d := &deps{Streams: Streams{Err: s}, errTTY: true}
	b := newBoard(d)
	b.event(kvm.Event{Host: "h", Phase: kvm.PhaseInstall})
	later := regexp.MustCompile(`h  install   [1-9]`)
	for end := time.Now().Add(time.Minute); !later.MatchString(s.String()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the line stands still: %q", s)
		}
	}
	d.note("said %d", 1)
	b.lost("h", errors.New("EOF"))
	const up = "\x1b[1A\x1b[J"
	for _, want := range []string{up + "appimg: said 1\nh  install", up + "appimg: h: the connection was lost (EOF): connecting again\nh  install"} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("%q is missing in %q", want, s)
		}
	}
	b.close()
	if !strings.HasSuffix(s.String(), up) {
		t.Errorf("it left %q", s)
	}
	d.note("said %d", 2)
	if !strings.HasSuffix(s.String(), up+"appimg: said 2\n") {
		t.Errorf("after its end: %q", s)
	}
}
