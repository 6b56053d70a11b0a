// Package sh parses shell that may be anything: mvdan.cc/sh within bounds. Its
// parser recurses, and a text of brackets alone would exhaust the stack, which
// ends the program.
package sh

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// Bounds of one text.
const (
	maxText  = 128 << 10 // bytes
	maxDepth = 1000      // of open brackets
)

// Unparsed is the error for text that was not looked at, since it is too long,
// or too deep.
type Unparsed struct{ Why string }

func (u *Unparsed) Error() string { return u.Why }

// Parse reads text in a dialect, comments included. Places in the tree are
// counted from the start of text.
func Parse(text string, dialect syntax.LangVariant) (*syntax.File, error) {
	if len(text) > maxText {
		return nil, &Unparsed{fmt.Sprintf("it has %d KiB, and at most %d are parsed as shell", len(text)>>10, maxText>>10)}
	}
	if depth(text) > maxDepth {
		return nil, &Unparsed{fmt.Sprintf("more than %d brackets are open in it at once", maxDepth)}
	}
	file, err := syntax.NewParser(syntax.Variant(dialect), syntax.KeepComments(true)).Parse(strings.NewReader(readable(text)), "")
	if err != nil {
		return nil, err
	}
	return file, nil
}

// depth is how many brackets are open at once at most, quotes and comments
// taken for code.
func depth(text string) int {
	open, most := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(', '{', '[':
			open++
			most = max(most, open)
		case ')', '}', ']':
			open = max(open-1, 0)
		}
	}
	return most
}

// readable is text with a question mark for each byte that is not UTF-8: a shell
// does not mind comments in another encoding, and the parser does. Places stay
// where they are.
func readable(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	out := []byte(text)
	for i := 0; i < len(out); {
		r, size := utf8.DecodeRune(out[i:])
		if r == utf8.RuneError && size == 1 {
			out[i] = '?'
		}
		i += size
	}
	return string(out)
}
