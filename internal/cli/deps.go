package cli

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/term"
)

// deps is what commands share: streams, how to write on them, and the build.
type deps struct {
	Streams
	stdout   *output // what Out writes to
	build    Build
	outTTY   bool // stdout is a terminal
	errTTY   bool // stderr is a terminal: progress may redraw itself
	ask      bool // a person is there to answer: stdin and stderr are terminals
	quiet    bool
	told     []string          // by noteOnce
	above    func(line string) // prints above what is drawn on the terminal; nil where nothing is
	outStyle style
	errStyle style
}

func newDeps(s Streams, b Build) *deps {
	d := &deps{Streams: s, build: b.complete(), outTTY: isTerminal(s.Out), errTTY: isTerminal(s.Err)}
	d.ask = isTerminal(s.In) && d.errTTY
	d.stdout = &output{to: s.Out}
	d.Out = d.stdout
	plain := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	d.outStyle = style{d.outTTY && !plain}
	d.errStyle = style{d.errTTY && !plain}
	return d
}

func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// note tells the person at the terminal something, on stderr; --quiet silences it.
func (d *deps) note(format string, args ...any) {
	switch line := fmt.Sprintf("appimg: "+format, args...); {
	case d.quiet:
	case d.above != nil:
		d.above(line)
	default:
		fmt.Fprintln(d.Err, line)
	}
}

// noteOnce tells what has not been told by this run: a command that looks again
// at the same project has the same to say.
func (d *deps) noteOnce(notes []string) {
	for _, n := range notes {
		if !slices.Contains(d.told, n) {
			d.told = append(d.told, n)
			d.note("%s", n)
		}
	}
}

// warn is note with weight; --quiet does not silence it.
func (d *deps) warn(format string, args ...any) {
	fmt.Fprintf(d.Err, "appimg: %s "+format+"\n", append([]any{d.errStyle.yellow("warning:")}, args...)...)
}

// errWidth is the width of stderr's terminal in columns, 80 where unknown.
func (d *deps) errWidth() int {
	if f, ok := d.Err.(interface{ Fd() uintptr }); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}

// style colours text where the stream is a terminal.
type style struct{ on bool }

func (s style) paint(code, text string) string {
	if !s.on {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(t string) string   { return s.paint("1", t) }
func (s style) dim(t string) string    { return s.paint("2", t) }
func (s style) red(t string) string    { return s.paint("31", t) }
func (s style) green(t string) string  { return s.paint("32", t) }
func (s style) yellow(t string) string { return s.paint("33", t) }
func (s style) cyan(t string) string   { return s.paint("36", t) }
