package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// How scripts write the members of a JSON object: "name": of echo, printf and
// Python, name: of jq and JavaScript, out["name"] = of Python.
var (
	quotedMember = lazyregexp.New(`\\?["']([A-Za-z_][\w.-]*)\\?["'][ \t]*:`)
	bareMember   = lazyregexp.New(`[{,]\s*([A-Za-z_]\w*)[ \t]*:[^:=]`)
	assigned     = lazyregexp.New(`\[["']([A-Za-z_][\w.-]*)["']\][ \t]*=[^=]`)
)

// otherMembers are members whose names are made while the script runs.
var otherMembers = lazyregexp.New(`[{,]\s*\\?["']?\$[({A-Za-z_]|["']?\$\{?\w+\}?\\?["'][ \t]*:|%s\\?["'][ \t]*:|\[[^\]\n]*[^"'\]\n]\][ \t]*=[^=]|[{,]\s*\(?[.$]?\w+\)?[ \t]*:[^}]*\bfor\b|\([.$][^()]*\)[ \t]*:|_entries|\.update\(|\*\*\w|setdefault|json\.dump\w*\([a-z_.]*load`)

// literalMembers are the members of the objects that a script prints, and
// whether those are all: ok is false where some are made while it runs.
func literalMembers(text string) (names []string, ok bool) {
	for _, form := range []*lazyregexp.Regexp{quotedMember, bareMember, assigned} {
		for _, m := range form.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(names, m[1]) {
				names = append(names, m[1])
			}
		}
	}
	return names, !otherMembers.MatchString(text)
}

// notPrinted reports whether a script that prints the other items of a monitor
// by their names does not print one, nor a script that it names.
func notPrinted(p *validate.Package, item string, items []string, script *validate.File) bool {
	text, _ := p.Text(script.Path)
	names, all := literalMembers(usedText(p, script.Path, text))
	hits, others := 0, 0
	for _, name := range names {
		if slices.Contains(items, name) {
			hits++
		} else if !slices.Contains(allItems(p), name) {
			others++
		}
	}
	if !all || slices.Contains(names, item) || 2*hits < len(items) || hits < 2 && others != 1 {
		return false
	}
	return !slices.ContainsFunc(p.Files(), func(f *validate.File) bool {
		other, ok := p.Text(f.Path)
		if !ok || f == script || !mayUse(p, f) || !strings.Contains(text, path.Base(f.Rel)) {
			return false
		}
		names, all := literalMembers(other)
		return !all || slices.Contains(names, item)
	})
}
