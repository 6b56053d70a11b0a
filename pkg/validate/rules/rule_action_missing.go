package rules

import (
	"context"
	"path"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/validate"
)

var action = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{2,}$`)

// actionMissing finds commands that give a script of the repository a word
// which no file knows.
func actionMissing() validate.Rule {
	return validate.NewRule("action-missing", validate.Warning, "A script does not know the action that a command asks for",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, c := range clusterCommands(p) {
				file, _ := p.Shell(c.text)
				eachCall(file, func(call *syntax.CallExpr) {
					words := callWords(call)
					name, direct := programOf(words)
					at := 1
					if !direct {
						at = 2
					}
					if name == "" || len(words) <= at || !action.MatchString(words[at]) || !isRepositoryScript(p, name) || mentioned(p, words[at]) {
						return
					}
					f := r.At(c.pos, "%s asks %s for %q, and no file of the repository has this word", c.name, name, words[at])
					f.In(c.role).With(validate.Likely).Path = name
				})
			}
			return nil
		})
}

// passesOn is how scripts hand their words to others, which may know more.
var passesOn = regexp.MustCompile(`\$@|\$\*|getattr|globals\(\)|argv\[1:\]`)

// isRepositoryScript reports whether a script of the repository has the
// program's name, and deals with its words itself.
func isRepositoryScript(p *validate.Package, name string) bool {
	for _, f := range p.Files() {
		if path.Base(f.Rel) != path.Base(name) {
			continue
		}
		if text, ok := p.Text(f.Path); ok && strings.HasPrefix(text, "#!") && !passesOn.MatchString(text) {
			return true
		}
	}
	return false
}
