package confd

import (
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// What may be mended: a text is parsed once more for each fault.
const (
	maxMended = 20        // faults of one text
	maxBroken = 256 << 10 // bytes of it
)

// Mend parses a text, and as long as it does not parse once more without the action
// that is at fault; parse returns faults as ParseTemplate does. What is left stays
// where it was. Mend reports whether it parses in the end.
func Mend(text string, parse func(text string) error) bool {
	if len(text) > maxBroken {
		return false
	}
	for range maxMended {
		err := parse(text)
		if err == nil {
			return true
		}
		better := without(text, err)
		if better == text {
			return false
		}
		text = better
	}
	return false
}

// without is a template's text without the action that a fault is about, or with the
// end that it lacks.
func without(text string, err error) string {
	if strings.HasSuffix(err.Error(), "unexpected EOF") {
		return text + "{{end}}"
	}
	at := offsetOf(text, diag.PosOf(err))
	start := strings.LastIndex(text[:min(at+2, len(text))], "{{")
	if start < 0 {
		return text
	}
	end := strings.Index(text[start:], "}}")
	if next := strings.Index(text[start+2:], "{{"); end < 0 || next >= 0 && next+2 < end {
		line, _, _ := strings.Cut(text[start:], "\n") // it is not closed
		line, _, _ = strings.Cut(line[2:], "{{")
		return text[:start] + "$" + strings.Repeat("_", len(line)+1) + text[start+2+len(line):]
	}
	end += start + 2
	return text[:start] + Blank(text[start:end]) + text[end:]
}

// offsetOf is where a place is in a text.
func offsetOf(text string, p diag.Pos) int {
	at := 0
	for range p.Line - 1 {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	line, _, _ := strings.Cut(text[at:], "\n")
	column := 0
	for i := range line {
		if column++; column >= p.Col {
			return at + i
		}
	}
	return at
}

// Blank makes a variable of an action that puts something in, and white space of one
// that only decides; neither is longer, or has other lines.
func Blank(action string) string {
	fill, first := byte('_'), byte('$')
	inner := strings.TrimLeft(strings.Trim(action, "{}"), "- ")
	word, _, _ := strings.Cut(inner, " ")
	switch strings.TrimRight(word, "-}") {
	case "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue":
		fill, first = ' ', ' '
	}
	if strings.HasPrefix(inner, "/*") || strings.HasPrefix(inner, "$") && strings.Contains(inner, ":=") {
		fill, first = ' ', ' '
	}
	out := []byte(action)
	for i := range out {
		if out[i] != '\n' {
			out[i] = fill
		}
	}
	out[0] = first
	return string(out)
}
