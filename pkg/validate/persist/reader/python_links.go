package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

var (
	pyHole    = lazyregexp.New(`%[sd]|\{\}`)
	pyFilled  = lazyregexp.New(`^\s*(?:%|\.format\b)\s*`)
	pySymlink = lazyregexp.New(`\bos\.symlink\(`)
	pyPathTo  = lazyregexp.New(`(\w[\w.]*|Path\([^()\n]+\))\.symlink_to\(`)
)

// maxPyArgs bounds how far the arguments of a call are read.
const maxPyArgs = 2000

// Link is a link that a program makes.
type Link struct{ At, Target string }

// PythonLinks are the links that a program makes where its texts and constants tell it;
// of one that leads to what is not known the target is a variable.
func PythonLinks(name, text string, modules []string) []Link {
	links, paths := pySymlink.FindAllStringIndex(text, 100), pyPathTo.FindAllStringSubmatchIndex(text, 100)
	if len(links)+len(paths) == 0 {
		return nil
	}
	p := newPyReader(name, text, modules)
	var out []Link
	add := func(place int, at, target string) {
		for _, w := range p.ways(text, place) {
			if v, ok := w.eval(at); ok && strings.HasPrefix(v, "/") {
				out = append(out, Link{At: v, Target: w.value(target)})
			}
		}
	}
	for _, m := range links {
		if args := pyArgs(text[m[1]:]); len(args) > 1 && !inComment(text, m[0]) {
			add(m[0], args[1], args[0])
		}
	}
	for _, m := range paths {
		if args := pyArgs(text[m[1]:]); len(args) > 0 && !inComment(text, m[0]) {
			add(m[0], text[m[2]:m[3]], args[0])
		}
	}
	return out
}

// value is what an expression is, or a variable.
func (p *pyReader) value(expr string) string {
	if v, ok := p.eval(expr); ok {
		return v
	}
	return "$x"
}

// fill puts the arguments of % or of .format into a text.
func (p *pyReader) fill(text, args string) string {
	values := pyArgs(strings.TrimPrefix(strings.TrimSpace(args), "("))
	i := -1
	return pyHole.ReplaceAllStringFunc(text, func(string) string {
		if i++; i < len(values) {
			return p.value(values[i])
		}
		return "$x"
	})
}

// pyArgs are the arguments up to the parenthesis that closes a call.
func pyArgs(text string) []string {
	text = text[:min(len(text), maxPyArgs)]
	var out []string
	for text != "" {
		end := topLevel(text, ',')
		out = append(out, text[:end])
		if end == len(text) || text[end] != ',' {
			break
		}
		text = text[end+1:]
	}
	return out
}

// topLevel is where a separator stands outside of quotes and brackets, or the bracket
// that closes what is around.
func topLevel(text string, sep byte) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == '\\':
			i++
		case quote != 0 || c == '"' || c == '\'':
			quote = nextQuote(quote, c)
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			if depth--; depth < 0 {
				return i
			}
		case c == sep && depth == 0:
			return i
		}
	}
	return len(text)
}
