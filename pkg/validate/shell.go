package validate

import (
	"errors"
	"fmt"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/sh"
)

// maxShellTotal bounds what is parsed as shell, in bytes of all texts.
const maxShellTotal = 6 << 20

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
	if p.shellTotal+len(text) > maxShellTotal {
		return nil, &sh.Unparsed{Why: fmt.Sprintf("%d MiB of scripts were parsed before it", maxShellTotal>>20)}
	}
	file, err := sh.Parse(text, syntax.LangBash)
	if left := (*sh.Unparsed)(nil); !errors.As(err, &left) {
		p.shellTotal += len(text)
	}
	return file, err
}
