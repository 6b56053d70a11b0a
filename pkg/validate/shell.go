package validate

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// Bounds of what is parsed as shell. The parser recurses: a longer text of
// brackets alone would exhaust the stack, which ends the program.
const (
	maxShell      = 128 << 10 // bytes of one text
	maxShellTotal = 6 << 20   // bytes of all texts
	maxShellDepth = 1000      // of open brackets
)

// Unparsed is the error for text that was not looked at, since it is too long,
// or too deep.
type Unparsed struct{ why string }

func (u *Unparsed) Error() string { return u.why }

// Shell is text parsed as a bash script, once for all rules. Places in it are
// counted from the start of text. Only one of the results is nil.
func (p *Package) Shell(text string) (*syntax.File, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, known := p.shells[text]
	if !known {
		s.file, s.err = p.parse(text)
		p.shells[text] = s
	}
	return s.file, s.err
}

type shell struct {
	file *syntax.File
	err  error
}

func (p *Package) parse(text string) (*syntax.File, error) {
	switch {
	case len(text) > maxShell:
		return nil, &Unparsed{fmt.Sprintf("it has %d KiB, and at most %d are parsed as shell", len(text)>>10, maxShell>>10)}
	case depth(text) > maxShellDepth:
		return nil, &Unparsed{fmt.Sprintf("more than %d brackets are open in it at once", maxShellDepth)}
	case p.shellTotal+len(text) > maxShellTotal:
		return nil, &Unparsed{fmt.Sprintf("%d MiB of scripts were parsed before it", maxShellTotal>>20)}
	}
	p.shellTotal += len(text)
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(readable(text)), "")
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
