package persist

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// makeVariable matches a variable of make's.
var makeVariable = lazyregexp.New(`\$\((\w+)\)`)

// recipes notes the links that a Makefile puts on the image, as far as its recipes
// say where; what its variables are is not known.
func (j *project) recipes(p *validate.Package, f *validate.File) {
	text, _ := p.Text(f.Path)
	var links strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		recipe, ok := strings.CutPrefix(line, "\t")
		recipe = strings.NewReplacer("$(DESTDIR)", "", "${DESTDIR}", "", "$$", "$").Replace(strings.TrimLeft(recipe, "@-+ \t"))
		if ok && strings.Contains(recipe, "ln ") {
			links.WriteString(makeVariable.ReplaceAllString(recipe, "$$$1"))
		}
	}
	events, _ := j.walk(&doc.Doc{File: f.Path, Rel: f.Rel, Node: f.Rel, Text: links.String(), Format: reader.Shell, Build: true}, j.roles[0])
	for _, e := range events {
		if e.Op == shell.Link {
			j.disk.Symlink(e.Path, e.From)
		}
	}
}
