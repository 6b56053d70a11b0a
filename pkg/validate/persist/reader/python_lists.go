package reader

import (
	"regexp"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// maxLists bounds how far a list is looked for that is made of others.
const maxLists = 4

var (
	pyOrdered = lazyregexp.New(`^(?:reversed|sorted|list|tuple|set|frozenset)\(`)
	pySplit   = lazyregexp.New(`^["']([^"']*)["']\.split\(\)`)
	pyPairs   = lazyregexp.New(`^(\w+)\.(items|values|keys)\(\)`)
	pyEntryAt = lazyregexp.New(`^(\w+)(?:\[|\.get\()[ \t]*([^\n]+)$`)
)

// elements are the expressions that a list consists of, whatever it is called; nil where that is
// not known.
func (p *pyReader) elements(expr string, depth int) []string {
	expr = strings.TrimSpace(expr)
	if expr == "" || depth > maxLists {
		return nil
	}
	switch expr[0] {
	case '[', '(':
		out := filled(pyArgs(expr[1:]))
		rest := strings.TrimSpace(expr[min(len(expr), 2+topLevel(expr[1:], 0)):])
		if more, ok := strings.CutPrefix(rest, "+"); ok {
			out = append(out, p.elements(more, depth+1)...)
		}
		return out
	case '{':
		return keysOf(pyArgs(expr[1:]))
	}
	if m := pyOrdered.FindString(expr); m != "" {
		inner := expr[len(m):]
		return p.elements(inner[:topLevel(inner, ',')], depth+1)
	}
	if m := pySplit.FindStringSubmatch(expr); m != nil {
		var out []string
		for _, word := range strings.Fields(m[1]) {
			out = append(out, `"`+word+`"`)
		}
		return out
	}
	return p.listCalled(expr, depth)
}

// listCalled are the elements of a list by its name, or by what a table has it for.
func (p *pyReader) listCalled(expr string, depth int) []string {
	if m := pyPairs.FindStringSubmatch(expr); m != nil {
		return p.partsOf(m[1], m[2])
	}
	if m := pyEntryAt.FindStringSubmatch(expr); m != nil {
		return p.elements(p.entryAt(m[1], m[2][:topLevel(m[2], ',')]), depth+1)
	}
	name := pyName.FindString(expr)
	rest := strings.TrimSpace(expr[len(name):])
	name = name[strings.LastIndexByte(name, '.')+1:]
	if name == "" || rest != "" && rest[0] != '+' && rest[0] != '#' && !strings.HasPrefix(rest, "if ") && rest[0] != ']' {
		return nil
	}
	out := p.lists[name]
	if out == nil {
		for _, value := range p.assigned(name) {
			out = append(out, p.elements(value, depth+1)...)
		}
	}
	if more, ok := strings.CutPrefix(rest, "+"); ok && out != nil {
		out = append(out[:len(out):len(out)], p.elements(more, depth+1)...)
	}
	return out
}

// assigned are the expressions that a name is set to.
func (p *pyReader) assigned(name string) []string {
	if *p.steps -= 20 + 10*len(p.texts); *p.steps < 0 {
		return nil
	}
	set := regexp.MustCompile(`(?m)^[ \t]*(?:self\.)?` + name + `[ \t]*(?::[^=\n]+)?=[ \t]*([^= \t\n])`)
	var out []string
	for _, text := range p.texts {
		for _, m := range set.FindAllStringSubmatchIndex(text, 10) {
			rest := text[m[2]:min(len(text), m[2]+maxPyArgs)]
			out = append(out, rest[:topLevel(rest, '\n')])
		}
	}
	return out
}

// entriesOf are what a table consists of: keys with their values.
func (p *pyReader) entriesOf(table string) []string {
	for _, value := range p.assigned(table) {
		if strings.HasPrefix(value, "{") {
			return filled(pyArgs(value[1:]))
		}
	}
	return nil
}

// entryAt is what a table has for a key: the only value, if the key is not known.
func (p *pyReader) entryAt(table, key string) string {
	entries := p.entriesOf(table)
	wanted, known := p.eval(key)
	for _, e := range entries {
		name, value := cutEntry(e)
		if own, ok := p.eval(name); len(entries) == 1 || known && ok && own == wanted {
			return value
		}
	}
	return ""
}

// partsOf are the keys or values of a table, or both as pairs.
func (p *pyReader) partsOf(table, which string) []string {
	var out []string
	for _, e := range p.entriesOf(table) {
		switch key, value := cutEntry(e); which {
		case "items":
			out = append(out, "("+key+","+value+")")
		case "values":
			out = append(out, value)
		default:
			out = append(out, key)
		}
	}
	return out
}

// keysOf are the keys of a table, or the elements of a set.
func keysOf(entries []string) []string {
	var out []string
	for _, e := range filled(entries) {
		key, _ := cutEntry(e)
		out = append(out, key)
	}
	return out
}

// cutEntry takes an entry of a table apart.
func cutEntry(entry string) (key, value string) {
	at := topLevel(entry, ':')
	return strings.TrimSpace(entry[:at]), strings.TrimSpace(entry[min(len(entry), at+1):])
}

// filled are the expressions without empty ones.
func filled(list []string) []string {
	var out []string
	for _, e := range list {
		if e = strings.TrimSpace(e); e != "" {
			out = append(out, e)
		}
	}
	return out
}
