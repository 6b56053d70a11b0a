package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// Tables with one entry, as others' are blank for a role, have that one below any key: it is
// a constant of its own.

var (
	pyEntryOf = lazyregexp.New(`\b([A-Za-z_]\w*)(?:\[[\w.]+\]|\.get\([^()]*\))`)
	pyLookup  = lazyregexp.New(`^(?:\[[^\[\]]*\]|\([^()]*\))`)
	pyOnly    = lazyregexp.New(`^\s*["'][^"']*["'][ \t]*:\s*["']([^"']*)["']\s*$`)
)

// entryOf is the constant for what a table has.
func entryOf(table string) string { return "__of_" + table }

// tables notes what the tables of a program have that have but one text.
func (p *pyReader) tables(text string) {
	for _, m := range pyTable.FindAllStringSubmatchIndex(text, 50) {
		var entries []string
		for _, entry := range pyArgs(text[m[1]:]) {
			if strings.TrimSpace(entry) != "" {
				entries = append(entries, entry)
			}
		}
		if len(entries) != 1 {
			continue
		}
		if only := pyOnly.FindStringSubmatch(entries[0]); only != nil {
			p.constants[entryOf(text[m[2]:m[3]])] = only[1]
		}
	}
}

// looked has constants in the place of what is looked up in such tables.
func (p *pyReader) looked(expr string) string {
	if !strings.ContainsAny(expr, "[(") {
		return expr
	}
	return pyEntryOf.ReplaceAllStringFunc(expr, func(use string) string {
		id := entryOf(pyEntryOf.FindStringSubmatch(use)[1])
		if _, ok := p.constants[id]; ok {
			return id
		}
		return use
	})
}

// lookedUp is what a table has that an expression begins with, and what follows.
func lookedUp(constants map[string]string, name, rest string) (value, after string, ok bool) {
	table, get := strings.CutSuffix(name, ".get")
	key := pyLookup.FindString(rest)
	if value, ok = constants[entryOf(table)]; !ok || key == "" || get != (key[0] == '(') {
		return "", rest, false
	}
	return value, rest[len(key):], true
}
