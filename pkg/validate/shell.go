package validate

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Shell is text parsed as a bash script, once for all rules. Places in it are
// counted from the start of text. Only one of the results is nil.
func (p *Package) Shell(text string) (*syntax.File, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, known := p.shells[text]
	if !known {
		s.file, s.err = syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
		if s.err != nil {
			s.file = nil
		}
		p.shells[text] = s
	}
	return s.file, s.err
}

type shell struct {
	file *syntax.File
	err  error
}
