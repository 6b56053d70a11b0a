package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/docker"
)

// clock is a time that is moved by hand.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func testProgress(tty bool) (*progress, *bytes.Buffer, *clock) {
	var out bytes.Buffer
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	p := newProgress(&deps{Streams: Streams{Err: &out}, errTTY: tty})
	p.now = c.now
	return p, &out, c
}

func push(p *progress, c *clock) {
	p.show(docker.Event{Stage: docker.StagePush, Item: "rootfs", Total: 40e6})
	c.t = c.t.Add(time.Second)
	p.show(docker.Event{Stage: docker.StagePush, Item: "rootfs", Bytes: 20e6, Total: 40e6})
	p.show(docker.Event{Stage: docker.StagePush, Item: "rootfs", Note: "the transfer was cut: trying again in 1s"})
	p.show(docker.Event{Stage: docker.StagePush, Item: "agent", Total: 4e6, Done: true, Note: "exists"})
	c.t = c.t.Add(time.Second)
	p.show(docker.Event{Stage: docker.StagePush, Item: "rootfs", Bytes: 40e6, Total: 40e6, Done: true})
	p.close()
}

func TestProgressInAFile(t *testing.T) {
	p, out, c := testProgress(false)
	push(p, c)
	want := "appimg: rootfs: the transfer was cut: trying again in 1s\nappimg: pushed agent: exists\nappimg: pushed rootfs  40.0 MB  20.0 MB/s\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out, want)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	p, out, c := testProgress(true)
	push(p, c)
	for _, want := range []string{"push rootfs 20.0 MB/40.0 MB 20.0 MB/s", "\r\x1b[Kappimg: pushed rootfs  40.0 MB  20.0 MB/s\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out)
		}
	}
	if s := out.String(); strings.Count(s, "\x1b[K") == 0 || !strings.HasSuffix(s, "\n") {
		t.Errorf("the line stays on the terminal: %q", s)
	}
}

func TestQuietProgress(t *testing.T) {
	p, out, c := testProgress(true)
	p.d.quiet = true
	push(p, c)
	if out.Len() > 0 {
		t.Errorf("%q", out)
	}
}
