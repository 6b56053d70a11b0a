package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/docker"
)

// progress shows what happens to an image: on a terminal one line that is
// drawn over, elsewhere a line for each thing that is done.
type progress struct {
	d     *deps
	now   func() time.Time
	items []*progressItem // under way, in the order in which they began
	drawn time.Time
	shown bool // a line stands on the terminal
}

type progressItem struct {
	stage docker.Stage
	name  string
	began time.Time
	first int64 // bytes at the first event: what was there already is no speed
	ev    docker.Event
}

func newProgress(d *deps) *progress { return &progress{d: d, now: time.Now} }

// redraw is how often the line on a terminal changes at most.
const redraw = 100 * time.Millisecond

func (p *progress) show(ev docker.Event) {
	if p.d.quiet {
		return
	}
	it := p.item(ev)
	it.ev = ev
	switch {
	case ev.Done:
		p.items = slices.DeleteFunc(p.items, func(i *progressItem) bool { return i == it })
		p.line(p.doneLine(it))
	case ev.Note != "":
		p.line(ev.Item + ": " + ev.Note)
	}
	if p.d.errTTY && (p.now().Sub(p.drawn) >= redraw || ev.Done) {
		p.draw()
	}
}

func (p *progress) item(ev docker.Event) *progressItem {
	for _, it := range p.items {
		if it.stage == ev.Stage && it.name == ev.Item {
			return it
		}
	}
	it := &progressItem{stage: ev.Stage, name: ev.Item, began: p.now(), first: ev.Bytes}
	if ev.Done {
		it.first = 0
	}
	p.items = append(p.items, it)
	return it
}

func (p *progress) doneLine(it *progressItem) string {
	verb := map[docker.Stage]string{
		docker.StageBuild: "built", docker.StagePull: "fetched", docker.StageImport: "read", docker.StageCompress: "packed",
		docker.StagePush: "pushed", docker.StageWrite: "wrote", docker.StageLoad: "loaded",
	}[it.stage]
	if it.ev.Note != "" {
		return fmt.Sprintf("%s %s: %s", verb, it.name, it.ev.Note)
	}
	s := fmt.Sprintf("%s %s  %s", verb, it.name, bytesText(it.ev.Total))
	if spent := p.now().Sub(it.began); spent > 50*time.Millisecond && it.ev.Total > it.first {
		s += "  " + speedText(it.ev.Total-it.first, spent)
	}
	return s
}

func (p *progress) line(s string) {
	p.clear()
	fmt.Fprintf(p.d.Err, "appimg: %s\n", s)
}

// draw writes the line of all that is under way, cut to the terminal's width.
func (p *progress) draw() {
	p.clear()
	p.drawn = p.now()
	var parts []string
	for _, it := range p.items {
		parts = append(parts, p.itemText(it))
	}
	if len(parts) == 0 {
		return
	}
	text := []rune(strings.Join(parts, " · "))
	if w := p.d.errWidth() - 1; len(text) > w {
		text = text[:w]
	}
	fmt.Fprint(p.d.Err, p.d.errStyle.dim(string(text)))
	p.shown = true
}

func (p *progress) itemText(it *progressItem) string {
	if it.ev.Total == 0 {
		return fmt.Sprintf("%s %s", it.stage, it.name)
	}
	s := fmt.Sprintf("%s %s %s/%s", it.stage, it.name, bytesText(it.ev.Bytes), bytesText(it.ev.Total))
	if spent := p.now().Sub(it.began); spent > time.Second/2 {
		s += " " + speedText(it.ev.Bytes-it.first, spent)
	}
	return s
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.d.Err, "\r\x1b[K")
		p.shown = false
	}
}

// close takes the line off the terminal.
func (p *progress) close() { p.clear() }

func bytesText(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

func speedText(n int64, spent time.Duration) string {
	return bytesText(int64(float64(n)/spent.Seconds())) + "/s"
}
