package reader

import (
	"regexp"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// Tables with one entry, as others' are blank for a role, have that one below any key: it is
// a constant of its own.

var (
	pyKey     = lazyregexp.New(`^\s*["']([^"']*)["'][ \t]*:`)
	pyTable   = lazyregexp.New(`(?m)^[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*\{`)
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

// ownEntries blanks what tables that the role is looked up in have for others.
func (p *pyRole) ownEntries(text string) {
	for _, m := range pyTable.FindAllStringSubmatchIndex(text, 50) {
		name := text[m[2]:m[3]]
		if !p.asksTable(text, name) {
			continue
		}
		from := m[1]
		for {
			size := topLevel(text[from:], ',')
			entry := text[from : from+size]
			if from+size == len(text) { // nobody knows where it ends
				break
			}
			if key := pyKey.FindStringSubmatch(entry); key != nil && key[1] != p.role && slices.Contains(p.roles, key[1]) {
				p.blank(from, from+size)
			}
			if from += size + 1; text[from-1] != ',' {
				break
			}
		}
	}
}

// asksTable reports whether a program asks a table for the role, and does not go through it.
func (p *pyRole) asksTable(text, name string) bool {
	if regexp.MustCompile(`\bin[ \t]+` + name + `[ \t]*[:)\]\n]|\b` + name + `\.(?:items|values|keys)\b`).MatchString(text) {
		return false
	}
	uses := regexp.MustCompile(`\b`+name+`(?:\[|\.get\()[ \t]*([^\]),]+)`).FindAllStringSubmatch(text, 50)
	return len(uses) > 0 && !slices.ContainsFunc(uses, func(m []string) bool { return !p.isRole(m[1]) })
}
