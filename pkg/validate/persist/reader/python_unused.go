package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// unused blanks the functions that the program calls for other roles alone, and those that
// these call.
func (p *pyRole) unused(text string) {
	defs := pyDef.FindAllStringSubmatchIndex(text, 200)
	for range maxCalls {
		left, some := string(p.out), false
		if left == text {
			return
		}
		for _, m := range defs {
			name := text[m[4]:m[5]]
			if p.out[m[4]] == ' ' || timesIn(text, name) < 2 || timesIn(left, name) > 1 {
				continue
			}
			p.blank(m[0], m[1]+bodyEnd(text[m[1]:], m[3]-m[2]))
			some = true
		}
		if !some {
			return
		}
	}
}

// maxCalls bounds how deep functions that are called for other roles alone are followed.
const maxCalls = 4

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
