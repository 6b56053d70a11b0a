package rules

import (
	"context"
	"path"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/validate"
)

// monitorItemNeverEmitted finds items whose names no file of the repository
// has, where the script that measures is among them.
func monitorItemNeverEmitted() validate.Rule {
	return validate.NewRule("monitor-item-never-emitted", validate.Warning, "The monitor command never prints an item",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, m := range monitors(p) {
				items, cmd := m.doc.Get("items"), m.doc.Get("cmd")
				if items == nil || cmd.Str() == "" || !readableScript(p, cmd.Text) {
					continue
				}
				named := 0
				for _, item := range items.Members {
					if mentioned(p, item.Key) {
						named++
					}
				}
				if 2*named < len(items.Members) {
					continue // the script does not name what it prints
				}
				for _, item := range items.Members {
					if !mentioned(p, item.Key) && !composed(p, item.Key) {
						spanKey(r, &item, "no file of the repository has the word %q: %s does not print it", item.Key, cmd.Text).In(m.role).With(validate.Likely)
					}
				}
			}
			return nil
		})
}

// readableScript reports whether the program of a command is a script of the
// repository, or what a template becomes.
func readableScript(p *validate.Package, text string) bool {
	file, _ := p.Shell(text)
	found := false
	eachCall(file, func(call *syntax.CallExpr) {
		name, _ := programOf(callWords(call))
		if name == "" {
			return
		}
		for _, f := range p.Files() {
			if content, ok := p.Text(f.Path); ok && path.Base(f.Rel) == path.Base(name) && strings.HasPrefix(content, "#!") {
				found = true
			}
		}
	})
	return found
}

// composed reports whether a script may put the name together: all of its parts
// are there.
func composed(p *validate.Package, name string) bool {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	if len(parts) < 2 {
		return false
	}
	for _, part := range parts {
		if !mentionsWord(p, part) {
			return false
		}
	}
	return true
}

func mentionsWord(p *validate.Package, word string) bool {
	whole := regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + `\b`)
	for _, f := range p.Files() {
		if text, ok := p.Text(f.Path); ok && f.Path != p.App.ClusterFile && f.Path != p.App.ConfigFile && !isLocale(p, f.Path) && whole.MatchString(text) {
			return true
		}
	}
	return false
}
