// Package textdiff compares two texts line by line and writes the difference
// as a unified diff, which patch(1) and people can read.
package textdiff

import (
	"fmt"
	"strings"
)

// around is how many equal lines are shown on each side of a change.
const around = 3

// Unified is the difference of two texts, or "" where there is none. Names are
// those of the two header lines; "/dev/null" is a text that does not exist.
func Unified(oldName, newName string, oldText, newText []byte) string {
	a, b := lines(oldText), lines(newText)
	var s strings.Builder
	for _, h := range hunks(script(a, b), len(a)) {
		if s.Len() == 0 {
			fmt.Fprintf(&s, "--- %s\n+++ %s\n", oldName, newName)
		}
		h.write(&s, a, b)
	}
	return s.String()
}

// lines splits text behind each newline; the last line may lack one.
func lines(text []byte) []string {
	all := strings.SplitAfter(string(text), "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

// hunk is a[a0:a1] turned into b[b0:b1] by the changes within.
type hunk struct {
	a0, a1, b0, b1 int
	changes        []change
}

// hunks gathers changes that are near each other, with the lines around them.
func hunks(changes []change, lenA int) []hunk {
	var out []hunk
	for _, c := range changes {
		last := len(out) - 1
		if last < 0 || c.a0-out[last].a1 > around {
			before := min(around, c.a0)
			out = append(out, hunk{a0: c.a0 - before, b0: c.b0 - before})
			last++
		}
		h := &out[last]
		h.changes = append(h.changes, c)
		after := min(around, lenA-c.a1)
		h.a1, h.b1 = c.a1+after, c.b1+after
	}
	return out
}

func (h hunk) write(s *strings.Builder, a, b []string) {
	fmt.Fprintf(s, "@@ -%s +%s @@\n", span(h.a0, h.a1), span(h.b0, h.b1))
	at := h.a0
	for _, c := range h.changes {
		put(s, ' ', a[at:c.a0])
		put(s, '-', a[c.a0:c.a1])
		put(s, '+', b[c.b0:c.b1])
		at = c.a1
	}
	put(s, ' ', a[at:h.a1])
}

// span is how a hunk's header names lines from:to, which count from 0 here.
func span(from, to int) string {
	switch n := to - from; n {
	case 0:
		return fmt.Sprintf("%d,0", from)
	case 1:
		return fmt.Sprint(from + 1)
	default:
		return fmt.Sprintf("%d,%d", from+1, n)
	}
}

func put(s *strings.Builder, mark byte, lines []string) {
	for _, line := range lines {
		s.WriteByte(mark)
		s.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			s.WriteString("\n\\ No newline at end of file\n")
		}
	}
}
