package reader

import (
	"regexp"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// pyCommand matches the head of a call that hands a command to a shell, or a list of words
// to the system.
var pyCommand = lazyregexp.New(`(?:os\.system|os\.popen|subprocess\.\w+|commands\.\w+|\bPopen|\bcheck_output|\bcheck_call|\w*(?:exec|run|shell|cmd|command)\w*)\([ \t]*(?:[ruf]{0,2}["']|\[|[A-Za-z_]\w*[ \t]*[+%])`)

// maxCommand bounds a command in a program.
const maxCommand = 1000

// PythonCommands are the commands that a program hands to a shell, as far as they are
// texts and constants, of its own or of the modules that it imports: anything else that
// is put into them becomes a variable.
func PythonCommands(name, text string, modules []string) []Piece {
	heads := commandHeads(text, append(modules, text))
	if len(heads) == 0 {
		return nil
	}
	p := newPyReader(name, text, modules)
	var out []Piece
	for _, h := range heads {
		from := strings.IndexByte(text[h.at:], '(') + h.at + 1
		if inComment(text, from) {
			continue
		}
		rest := text[from:min(len(text), from+maxCommand)]
		from += len(rest) - len(strings.TrimLeft(rest, " \t"))
		for _, w := range p.ways(text, h.at) {
			c := pyCommandReader{constants: w.constants, rest: strings.TrimLeft(rest, " \t"), spread: h.spread}
			line := c.command()
			if one := (Piece{Path: line, Offset: from + c.quote}); (strings.Contains(line, "/") || strings.Contains(line, "start")) && !slices.Contains(out, one) {
				out = append(out, one)
			}
		}
	}
	return out
}

// pyCommandHead is where a command is handed over; spread: as words, each an argument.
type pyCommandHead struct {
	at     int
	spread bool
}

// commandHeads are the calls that hand a command over, the functions' own among them that are
// there for it.
func commandHeads(text string, texts []string) []pyCommandHead {
	var out []pyCommandHead
	seen := map[int]bool{}
	note := func(calls [][]int, spread bool) {
		for _, m := range calls {
			open := m[0] + strings.IndexByte(text[m[0]:], '(')
			if !seen[open] && !strings.HasSuffix(strings.TrimRight(text[:m[0]], " \t"), "def") {
				seen[open] = true
				out = append(out, pyCommandHead{m[0], spread})
			}
		}
	}
	for _, own := range spreadersOf(texts) {
		note(own.FindAllStringIndex(text, 200), true)
	}
	note(pyCommand.FindAllStringIndex(text, 200), false)
	for _, own := range shellsOf(texts) {
		note(own.FindAllStringIndex(text, 200), false)
	}
	return out
}

// pySpread matches a function that hands all that it is given to the system: def run(*cmd).
var pySpread = lazyregexp.New(`\bdef[ \t]+(\w+)\((?:self,[ \t]*)?\*(\w+)[^)\n]*\).*\n(?:.*\n){0,6}?.*\b(?:subprocess\.\w+|Popen|check_output|check_call)\([ \t]*(?:\[\*|list\()?(\w+)`)

// spreadersOf match the calls of such functions.
func spreadersOf(texts []string) []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, text := range texts {
		for _, m := range pySpread.FindAllStringSubmatch(text, 20) {
			if m[2] == m[3] {
				out = append(out, regexp.MustCompile(`\b`+regexp.QuoteMeta(m[1])+`\(`))
			}
		}
	}
	return out
}

// pyShell matches a function that hands what it is given to a shell: def sh(line).
var pyShell = lazyregexp.New(`\bdef[ \t]+(\w+)\((?:self,[ \t]*)?(\w+)[^)\n]*\).*\n(?:.*\n){0,6}?.*\b(?:os\.system|os\.popen|subprocess\.\w+|Popen|check_output|check_call)\([ \t]*(\w+)`)

// shellsOf match the calls of such functions, of those whose names do not tell it.
func shellsOf(texts []string) []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, text := range texts {
		for _, m := range pyShell.FindAllStringSubmatch(text, 20) {
			if m[2] == m[3] && !pyCommand.MatchString(m[1]+`("`) {
				out = append(out, regexp.MustCompile(`\b`+regexp.QuoteMeta(m[1])+`\([ \t]*(?:[ruf]{0,2}["']|\[|[A-Za-z_]\w*[ \t]*[+%])`))
			}
		}
	}
	return out
}

// pyCommandReader reads one command from where its expression begins.
type pyCommandReader struct {
	constants map[string]string
	rest      string
	spread    bool // the words of the command are arguments
	quote     int  // how long the quote before a text that stands alone is
}

var (
	pyLiteral = lazyregexp.New(`^([rRuUbBfF]{0,2})(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')`)
	pyName    = lazyregexp.New(`^[A-Za-z_][\w.]*`)
	pyField   = lazyregexp.New(`\{(\w*)[^{}]*\}`)
	pyPlace   = lazyregexp.New(`%[sdr]|\{\w*\}`)
)

// command is a text, or the words of a list.
func (c *pyCommandReader) command() string {
	list, ok := strings.CutPrefix(c.rest, "[")
	if c.spread {
		list, ok = c.rest, true
	}
	if !ok {
		line, _ := c.text()
		return line
	}
	c.rest = list
	var words []string
	for len(words) < 50 {
		c.rest = strings.TrimLeft(c.rest, " \t\r\n,")
		if c.spread && pyKeyword.MatchString(c.rest) { // how it is to be run
			break
		}
		word, ok := c.text()
		if !ok {
			break
		}
		if word == "" || strings.ContainsAny(word, " '\"|&;<>()*") {
			word = "'" + strings.ReplaceAll(word, "'", "") + "'"
		}
		words = append(words, word)
	}
	c.quote = 0
	return strings.Join(words, " ")
}

// text is an expression of texts and names that are joined by +, with what % and format
// put in.
func (c *pyCommandReader) text() (string, bool) {
	var b strings.Builder
	parts := 0
	for {
		part, ok := c.part()
		if !ok {
			break
		}
		b.WriteString(part)
		parts++
		c.rest = strings.TrimLeft(c.rest, " \t")
		next, more := strings.CutPrefix(c.rest, "+")
		if !more {
			break
		}
		c.rest = strings.TrimLeft(next, " \t\r\n")
	}
	if parts != 1 {
		c.quote = 0
	}
	return c.filled(b.String()), parts > 0
}

// part is one text or one name.
func (c *pyCommandReader) part() (string, bool) {
	if m := pyLiteral.FindStringSubmatch(c.rest); m != nil {
		c.rest = c.rest[len(m[0]):]
		text := m[2] + m[3]
		c.quote = len(m[1]) + 1
		if strings.ContainsAny(m[1], "fF") {
			text = pyField.ReplaceAllStringFunc(text, func(f string) string { return c.value(pyField.FindStringSubmatch(f)[1]) })
		}
		return text, true
	}
	name := pyName.FindString(c.rest)
	if name == "" {
		return "", false
	}
	c.rest = c.rest[len(name):]
	if v, rest, ok := lookedUp(c.constants, name, c.rest); ok {
		c.rest = rest
		return v, true
	}
	if strings.HasPrefix(c.rest, "(") && name == "os.path.join" {
		args := pyArgs(c.rest[1:])
		c.rest = strings.TrimPrefix(c.rest[min(len(c.rest), 1+len(strings.Join(args, ","))):], ")")
		p := pyReader{constants: c.constants, plain: true}
		return p.value("os.path.join(" + strings.Join(args, ",") + ")"), true
	}
	if strings.HasPrefix(c.rest, "(") { // what it returns is not known
		_, after, _ := strings.Cut(c.rest, ")")
		c.rest = after
		return "$x", true
	}
	return c.value(name), true
}

func (c *pyCommandReader) value(name string) string {
	if v, ok := c.constants[name[strings.LastIndexByte(name, '.')+1:]]; ok && name != "" {
		return v
	}
	if v, ok := c.constants[entryOf(name)]; ok {
		return v
	}
	return "$x"
}

// filled puts in what stands behind % or in format(…).
func (c *pyCommandReader) filled(text string) string {
	var values []string
	rest, ok := strings.CutPrefix(c.rest, "%")
	if !ok {
		rest, ok = strings.CutPrefix(c.rest, ".format")
	}
	if ok {
		rest, _, _ = strings.Cut(strings.TrimLeft(rest, " \t("), ")")
		for _, one := range strings.Split(rest, ",") {
			values = append(values, c.value(pyName.FindString(strings.TrimSpace(one))))
		}
	}
	return pyPlace.ReplaceAllStringFunc(text, func(string) string {
		if len(values) == 0 {
			return "$x"
		}
		v := values[0]
		values = values[1:]
		return v
	})
}
