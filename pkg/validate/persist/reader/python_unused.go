package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// unused blanks the functions that the program calls for other roles alone, and those that
// these call; and the constants that are used for other roles alone.
func (p *pyRole) unused(text string) {
	defs := pyDef.FindAllStringSubmatchIndex(text, 200)
	constants := pyConstantLine.FindAllStringSubmatchIndex(text, 200)
	for range maxCalls {
		left, some := string(p.out), false
		if left == text {
			return
		}
		for _, m := range defs {
			if p.forOthers(text, left, m[4], m[5]) {
				p.blank(m[0], m[1]+bodyEnd(text[m[1]:], m[3]-m[2]))
				some = true
			}
		}
		for _, m := range constants {
			if p.forOthers(text, left, m[2], m[3]) {
				p.blank(m[0], m[1])
				some = true
			}
		}
		if !some {
			return
		}
	}
}

// forOthers reports whether a definition, by its name at from, is used in the whole text, and
// no more in what is left of it.
func (p *pyRole) forOthers(text, left string, from, to int) bool {
	name := text[from:to]
	return p.out[from] != ' ' && timesIn(text, name) > 1 && timesIn(left, name) < 2
}

// maxCalls bounds how deep functions that are called for other roles alone are followed.
const maxCalls = 4

// pyConstantLine matches a constant of a program: a text, a number.
var pyConstantLine = lazyregexp.New(`(?m)^([A-Za-z_]\w*)[ \t]*=[ \t]*(?:["'][^"'\n]*["']|\d+)[ \t]*(?:#.*)?$`)

var pyDef = lazyregexp.New(`(?m)^([ \t]*)def[ \t]+(\w+)\(.*\n`)

// timesIn is how often a name stands in a text, other than in a path.
func timesIn(text, word string) int {
	n := 0
	for at := strings.Index(text, word); at >= 0; {
		end := at + len(word)
		if (at == 0 || text[at-1] != '/' && !isWordByte(text[at-1])) && (end == len(text) || !isWordByte(text[end])) {
			n++
		}
		next := strings.Index(text[end:], word)
		if next < 0 {
			break
		}
		at = end + next
	}
	return n
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// bodyEnd is where the lines end that stand farther in than a head.
func bodyEnd(text string, indent int) int {
	end := 0
	for line := range strings.Lines(text) {
		body := strings.TrimLeft(line, " \t")
		if strings.TrimSpace(body) != "" && len(line)-len(body) <= indent {
			break
		}
		end += len(line)
	}
	return end
}
