package reader

import (
	"maps"
	"regexp"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// The ways that a place of a program is come by: what the calls of the function around it hand
// over, and what the loops around it go through.

const (
	maxWays  = 64     // that a place is come by
	maxOuter = 3      // functions that call each other
	maxSteps = 20_000 // lines read and names looked for, of one program
)

var (
	pyFunction  = lazyregexp.New(`^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)\(`)
	pyLoop      = lazyregexp.New(`^[ \t]*for[ \t]+([\w, \t()]+?)[ \t]+in[ \t]+(.+):[ \t]*(?:#.*)?$`)
	pyCollected = lazyregexp.New(`[)\]][ \t]+for[ \t]+([\w, \t()]+?)[ \t]+in[ \t]+(.+)$`)
	pyParameter = lazyregexp.New(`^\s*(\w+)[ \t]*(?::[^=]*)?(?:=[ \t]*(.+))?$`)
	pyKeyword   = lazyregexp.New(`^\s*(\w+)[ \t]*=[ \t]*([^=\s][^\n]*)`)
	pyAtOnce    = lazyregexp.New(`^[ \t]*(\w+(?:[ \t]*,[ \t]*\w+)+)[ \t]*=[ \t]*([^=].*)$`)
)

// newPyReader reads the constants of a program and of the modules that it imports.
func newPyReader(name, text string, modules []string) *pyReader {
	steps := maxSteps
	p := &pyReader{name: name, plain: true, constants: map[string]string{}, places: map[string]int{}, lists: map[string][]string{}, steps: &steps}
	for _, m := range append(modules, text) {
		p.read(m)
		p.texts = append(p.texts, m)
	}
	return p
}

// ways are the readers that know what a place of a program is come by with.
func (p *pyReader) ways(text string, at int) []*pyReader { return p.waysTo(text, at, 0) }

func (p *pyReader) waysTo(text string, at, depth int) []*pyReader {
	ways := []*pyReader{p}
	around := pyAround(text, at)
	for i, b := range around {
		end := strings.LastIndexByte(text[:at], '\n') + 1
		if i+1 < len(around) {
			end = around[i+1].from
		}
		var next []*pyReader
		for _, w := range ways {
			for _, n := range w.enter(text, b, depth) {
				n.learn(text[b.to:max(b.to, end)])
				next = append(next, n)
			}
		}
		ways = next[:min(len(next), maxWays)]
	}
	line, _, _ := strings.Cut(text[at:], "\n")
	m := pyCollected.FindStringSubmatch(line)
	if m == nil {
		return ways
	}
	var out []*pyReader
	for _, w := range ways {
		out = append(out, w.through(m[1], m[2][:topLevel(m[2], ',')])...)
	}
	return out[:min(len(out), maxWays)]
}

// pyHeadLine is the line of a function or a loop.
type pyHeadLine struct{ from, to int }

// pyAround are the functions and loops around a place, the outermost first.
func pyAround(text string, at int) []pyHeadLine {
	var out []pyHeadLine
	start := strings.LastIndexByte(text[:at], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	for within := indentOf(line); start > 0 && within > 0; {
		end := start
		start = strings.LastIndexByte(text[:end-1], '\n') + 1
		line := text[start:end]
		if strings.TrimSpace(line) == "" || indentOf(line) >= within {
			continue
		}
		within = indentOf(line)
		if line = strings.TrimRight(line, "\r\n"); pyFunction.MatchString(line) || pyLoop.MatchString(line) {
			out = append([]pyHeadLine{{start, end}}, out...)
		}
	}
	return out
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// enter are the readers with what a loop goes through, or with what a function is handed.
func (p *pyReader) enter(text string, b pyHeadLine, depth int) []*pyReader {
	line := strings.TrimRight(text[b.from:b.to], "\r\n")
	if m := pyLoop.FindStringSubmatch(line); m != nil {
		return p.through(m[1], m[2])
	}
	m := pyFunction.FindStringSubmatch(line)
	params := pyArgs(line[len(m[0]):])
	if *p.steps -= 20 + len(text)/1000; *p.steps < 0 {
		return []*pyReader{p.with()}
	}
	var out []*pyReader
	for _, at := range callsOf(text, m[1]) {
		if len(out) >= maxWays || *p.steps < 0 {
			break
		}
		from := at + strings.IndexByte(text[at:], '(') + 1
		method := at > 0 && text[at-1] == '.'
		for _, caller := range p.callers(text, at, depth) {
			out = append(out, p.handed(params, pyArgs(text[from:]), method, caller))
		}
	}
	if out == nil { // it is called by what is not seen
		return []*pyReader{p.with()}
	}
	return out
}

// callers are the readers that know what a call is come by with.
func (p *pyReader) callers(text string, at, depth int) []*pyReader {
	if depth >= maxOuter || *p.steps < 0 {
		return []*pyReader{p}
	}
	return p.waysTo(text, at, depth+1)
}

// callsOf are the places where a function is called.
func callsOf(text, name string) []int {
	var out []int
	for _, m := range regexp.MustCompile(`\b`+name+`\(`).FindAllStringIndex(text, 100) {
		if !strings.HasSuffix(strings.TrimRight(text[:m[0]], " \t"), "def") && !inComment(text, m[0]) {
			out = append(out, m[0])
		}
	}
	return out
}

// handed is a reader that knows what a call hands to the parameters of a function.
func (p *pyReader) handed(params, args []string, method bool, caller *pyReader) *pyReader {
	n := p.with()
	if method && len(params) > 0 && !strings.Contains(params[0], "*") {
		params = params[1:] // the object
	}
	named := map[string]string{}
	for i, arg := range args {
		if m := pyKeyword.FindStringSubmatch(arg); m != nil {
			named[m[1]] = m[2]
		} else if i < len(params) {
			if m := pyParameter.FindStringSubmatch(params[i]); m != nil {
				named[m[1]] = arg
			}
		}
	}
	for _, param := range params {
		m := pyParameter.FindStringSubmatch(param)
		if m == nil {
			continue // any number of them
		}
		given := m[2]
		if arg, ok := named[m[1]]; ok {
			given = arg
		}
		n.bind(m[1], given, caller)
	}
	return n
}

// with is a reader that knows the same, and can learn more.
func (p *pyReader) with() *pyReader {
	*p.steps -= 1 + len(p.constants)/8
	return &pyReader{name: p.name, plain: true, texts: p.texts, constants: maps.Clone(p.constants), places: map[string]int{}, lists: maps.Clone(p.lists), steps: p.steps}
}

// learn reads the constants that some lines set, and nothing else.
func (p *pyReader) learn(lines string) {
	for line := range strings.Lines(lines) {
		if *p.steps--; *p.steps < 0 {
			return
		}
		if strings.Contains(line, "=") && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			line = strings.TrimRight(line, "\r\n")
			p.assign(line, 0)
			p.atOnce(line)
		}
	}
}

// bind has a name mean what another reader knows an expression to be; nothing, if it does not.
func (p *pyReader) bind(name, expr string, by *pyReader) {
	delete(p.constants, name)
	delete(p.lists, name)
	if v, ok := by.eval(strings.TrimSpace(expr)); ok {
		p.constants[name] = v
	} else if list := by.elements(expr, 0); list != nil {
		p.lists[name] = list
	}
}

// through are the readers that know what a loop goes through, one after the other.
func (p *pyReader) through(names, list string) []*pyReader {
	var out []*pyReader
	elements := p.elements(list, 0)
	for _, one := range elements[:min(len(elements), maxWays)] {
		n := p.with()
		n.bindAll(names, one)
		out = append(out, n)
	}
	if out == nil {
		n := p.with()
		n.bindAll(names, "")
		return []*pyReader{n}
	}
	return out
}

// bindAll has names mean what an expression has, each its part.
func (p *pyReader) bindAll(names, expr string) {
	all := pyWord.FindAllString(names, 10)
	if len(all) == 1 {
		p.bind(all[0], expr, p)
		return
	}
	parts := p.elements(expr, 0)
	for i, name := range all {
		part := ""
		if i < len(parts) {
			part = parts[i]
		}
		p.bind(name, part, p)
	}
}

// atOnce sets several names in one line: a, b = x, y.
func (p *pyReader) atOnce(line string) {
	m := pyAtOnce.FindStringSubmatch(line)
	if m == nil {
		return
	}
	names, values := pyWord.FindAllString(m[1], 10), pyArgs(m[2])
	for i := 0; i < len(names) && len(names) == len(values); i++ {
		if v, ok := p.eval(values[i]); ok {
			p.constants[names[i]] = v
		}
	}
}
