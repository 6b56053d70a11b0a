package validate

import (
	"context"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// Pair is a template resource with its template, as far as they can be read.
type Pair struct {
	Image    *app.Image
	File     string          // the toml's path
	Resource *confd.Resource // nil where the toml cannot be read
	Err      error           // what is wrong with the toml; Resource is then what the rest of it says, if it says anything

	Source   *app.TemplateFile // the template's text; nil where src names none
	Template *confd.Template   // nil where the template does not parse, or is not there
	ParseErr error             // why it does not parse; places are those of the template's own files
	Syntax   *confd.Syntax     // the template for those who only look at it: without what does not parse; nil where nothing is left
	Reads    []confd.Read      // where that asks for metadata

	name     string // the template's path, as its faults call it
	mu       sync.Mutex
	contents map[string]string // what it became so far, each once
	tooMuch  error             // why it is not rendered any more
}

// intern is content as a string; nodes that get the same share it. It is not kept
// where there is no room for one more.
func (p *Pair) intern(content []byte, room func(n int) bool) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.contents[string(content)]; ok {
		return s, nil
	}
	if !room(len(content)) {
		return "", errNoRoom
	}
	if p.contents == nil {
		p.contents = map[string]string{}
	}
	s := string(content)
	p.contents[s] = s
	return s, nil
}

// giveUp notes that rendering the pair costs too much.
func (p *Pair) giveUp(why error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tooMuch = why
	return why
}

// givenUp is why the pair is not rendered any more; nil while it is.
func (p *Pair) givenUp() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tooMuch
}

// With is the pair with another template in the place of its own, which may not
// even parse.
func (p *Pair) With(t *confd.Template) *Pair {
	return &Pair{Image: p.Image, File: p.File, Resource: p.Resource, Source: p.Source, Template: t, name: p.name}
}

// Origin maps a place of the template as confd sees it to the file on disk:
// a part, where the template is concatenated from parts.
func (p *Pair) Origin(pos diag.Pos) diag.Pos {
	if p.Source == nil || pos.File != p.name || pos.Line == 0 {
		return pos
	}
	return p.Source.Origin(pos.Line, pos.Col)
}

// TemplateName is the path of the template: of the file, or the one that its
// folder of parts would have.
func (p *Pair) TemplateName() string { return p.name }

// Pairs are the pairs of all images, in path order of each image.
func (p *Package) Pairs() []*Pair { return p.pairs() }

func (p *Package) loadPairs(ctx context.Context) []*Pair {
	var out []*Pair
	for _, img := range p.App.Images {
		files, _ := img.Resources()     // a folder that cannot be listed has none;
		texts, _ := img.TemplateFiles() // its pairs lack their templates then
		for _, file := range files {
			if ctx.Err() != nil {
				return out // the run ends with that
			}
			pair := &Pair{Image: img, File: file}
			pair.load(p, texts)
			out = append(out, pair)
		}
	}
	return out
}

func (p *Pair) load(pkg *Package, texts map[string]*app.TemplateFile) {
	data, err := pkg.App.ReadFile(p.File)
	if err != nil {
		p.Err = err
		return
	}
	if p.Resource, p.Err = confd.ParseResource(p.File, data); p.Err != nil {
		if p.Resource = salvage(p.File, data, p.Err); p.Resource == nil {
			return
		}
	}
	src := filepath.ToSlash(p.Resource.Src)
	p.name = filepath.Join(p.Image.Templates, filepath.FromSlash(src))
	if p.Source = texts[strings.TrimPrefix(path.Clean("/"+src), "/")]; p.Source == nil {
		return
	}
	p.Template, err = confd.ParseTemplate(p.name, string(p.Source.Text), pkg.machineOf(p.Image))
	if p.ParseErr = p.atOrigin(err); p.Template != nil {
		p.Syntax = p.Template.Syntax
	} else {
		p.Syntax = confd.ParseTolerant(p.name, string(p.Source.Text))
	}
	if p.Syntax != nil {
		p.Reads = p.Syntax.Reads()
	}
}

// MayRead reports whether what does not parse of the template may ask for metadata
// by a key with some text in it: the template has the text, or asks for all there is.
func (p *Pair) MayRead(text string) bool {
	if p.Template != nil || p.Source == nil {
		return false
	}
	all := string(p.Source.Text)
	return strings.Contains(all, text) || strings.Contains(all, `"/"`)
}

// salvage reads a toml without the lines that are wrong, three at most: what
// its template reads can be judged all the same.
func salvage(file string, data []byte, err error) *confd.Resource {
	lines := strings.Split(string(data), "\n")
	for range 3 {
		n := diag.PosOf(err).Line
		if n < 1 || n > len(lines) || strings.TrimSpace(lines[n-1]) == "" {
			return nil
		}
		lines[n-1] = ""
		var r *confd.Resource
		if r, err = confd.ParseResource(file, []byte(strings.Join(lines, "\n"))); err == nil {
			return r
		}
	}
	return nil
}
