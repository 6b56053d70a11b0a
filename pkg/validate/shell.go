package validate

import (
	"errors"
	"fmt"
	"sync"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/sh"
)

// maxShellTotal bounds what is parsed as shell, in bytes of all texts.
const maxShellTotal = 6 << 20

// Shell is text parsed as a bash script, once for all rules. Places in it are
// counted from the start of text. Only one of the results is nil.
func (p *Package) Shell(text string) (*syntax.File, error) {
	p.mu.Lock()
	parsed := p.shells[text]
	if parsed == nil {
		parsed = sync.OnceValues(func() (*syntax.File, error) { return p.parse(text) })
		p.shells[text] = parsed
	}
	p.mu.Unlock()
	return parsed()
}

func (p *Package) parse(text string) (*syntax.File, error) {
	if p.shellTotal.Load()+int64(len(text)) > maxShellTotal {
		return nil, &sh.Unparsed{Why: fmt.Sprintf("%d MiB of scripts were parsed before it", maxShellTotal>>20)}
	}
	file, err := sh.Parse(text, syntax.LangBash)
	if left := (*sh.Unparsed)(nil); !errors.As(err, &left) {
		p.shellTotal.Add(int64(len(text)))
	}
	return file, err
}
