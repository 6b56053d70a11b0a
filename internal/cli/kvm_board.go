package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/appimg/appimg/pkg/kvm"
)

// board shows many machines at work: on a terminal a line for each that lives
// until the machine is done, elsewhere a line for each phase.
type board struct {
	d *deps

	mu     sync.Mutex
	live   []*boardLine
	drawn  int // lines that stand on the terminal
	last   time.Time
	paused bool

	ticking sync.Once
	ended   chan struct{}
}

type boardLine struct {
	host, phase, detail string
	began               time.Time
}

func newBoard(d *deps) *board {
	b := &board{d: d, ended: make(chan struct{})}
	d.above = func(line string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.printLine(line)
	}
	return b
}

// tick lets the lines tell the time while nothing else happens: a slow disk, a
// script without a word.
func (b *board) tick() {
	for {
		select {
		case <-b.ended:
			return
		case <-time.After(time.Second):
			b.mu.Lock()
			b.draw(true)
			b.mu.Unlock()
		}
	}
}

// event is a phase, or a note.
func (b *board) event(ev kvm.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ev.Output {
		b.printLine(ev.Host + ": " + ev.Note)
		return
	}
	if ev.Note != "" {
		b.print(fmt.Sprintf("%s: %s", ev.Host, ev.Note))
		return
	}
	l := b.line(ev.Host)
	l.phase, l.detail = string(ev.Phase), ""
	if !b.d.errTTY && ev.Phase != kvm.PhaseReport {
		b.print(fmt.Sprintf("%s: %s", ev.Host, ev.Phase))
	}
	b.draw(false)
}

// progress is how far a transfer has come.
func (b *board) progress(host, _ string, done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line(host).detail = bytesText(done) + "/" + bytesText(total)
	b.draw(false)
}

// lost tells of a connection that ended and is being brought back.
func (b *board) lost(host string, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.print(fmt.Sprintf("%s: the connection was lost (%v): connecting again", host, why))
}

// finish takes a machine's line away.
func (b *board) finish(host string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, l := range b.live {
		if l.host == host {
			b.live = append(b.live[:i], b.live[i+1:]...)
			break
		}
	}
	b.draw(true)
}

// pause takes the lines off the terminal, for a question.
func (b *board) pause() (resume func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
	b.paused = true
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.paused = false
	}
}

func (b *board) line(host string) *boardLine {
	for _, l := range b.live {
		if l.host == host {
			return l
		}
	}
	if b.d.errTTY {
		b.ticking.Do(func() { go b.tick() })
	}
	l := &boardLine{host: host, began: time.Now()}
	b.live = append(b.live, l)
	return l
}

// print writes a line of appimg's that stays.
func (b *board) print(text string) { b.printLine("appimg: " + text) }

// printLine writes a line that stays.
func (b *board) printLine(text string) {
	if b.d.quiet {
		return
	}
	b.erase()
	fmt.Fprintln(b.d.Err, text)
	b.draw(true)
}

func (b *board) erase() {
	if b.drawn > 0 {
		fmt.Fprintf(b.d.Err, "\x1b[%dA\x1b[J", b.drawn)
		b.drawn = 0
	}
}

// draw writes the lines of the machines at work, as many as the terminal has room for.
func (b *board) draw(now bool) {
	if !b.d.errTTY || b.d.quiet || b.paused || (!now && time.Since(b.last) < redraw) {
		return
	}
	b.erase()
	b.last = time.Now()
	width, room := b.d.errWidth()-1, b.rows()
	for i, l := range b.live {
		text := fmt.Sprintf("%s  %s %s  %.1fs", l.host, l.phase, l.detail, time.Since(l.began).Seconds())
		if i == room-1 && len(b.live) > room {
			text = fmt.Sprintf("and %d more", len(b.live)-i)
		}
		if r := []rune(text); len(r) > width {
			text = string(r[:width])
		}
		fmt.Fprintln(b.d.Err, b.d.errStyle.dim(strings.TrimSpace(text)))
		b.drawn++
		if b.drawn == room {
			return
		}
	}
}

// rows is how many lines there is room for.
func (b *board) rows() int {
	if f, ok := b.d.Err.(interface{ Fd() uintptr }); ok {
		if _, h, err := term.GetSize(int(f.Fd())); err == nil && h > 3 {
			return h - 2
		}
	}
	return 20
}

// close takes the lines off the terminal.
func (b *board) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
	b.live = nil
	b.d.above = nil
	select {
	case <-b.ended:
	default:
		close(b.ended)
	}
}
