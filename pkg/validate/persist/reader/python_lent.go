package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// PythonLent is the text of a module as a program has it that imports it and uses some names:
// definitions that neither the program nor what else the module does comes to use are blank,
// and what the module does where it is the program itself.
func PythonLent(text string, uses map[string]bool) string {
	all := pyStatements(text)
	used := map[string]bool{}
	for name := range uses {
		used[name] = true
	}
	live := make([]bool, len(all))
	for grown := true; grown; {
		grown = false
		for i, s := range all {
			if !live[i] && !s.main && (s.name == "" || used[s.name]) {
				live[i], grown = true, true
				s.use(text, used)
			}
		}
	}
	p := pyRole{out: []byte(text)}
	for i, s := range all {
		if !live[i] {
			p.blank(s.from, s.to)
		}
	}
	return string(p.out)
}

// PythonNames are the names that a module has for others: what it defines, and what it
// imports itself.
func PythonNames(text string) map[string]bool {
	out := map[string]bool{}
	for _, s := range pyStatements(text) {
		if s.name != "" {
			out[s.name] = true
		}
		if s.imports {
			for _, name := range pyWord.FindAllString(text[s.from:s.to], 200) {
				out[name] = true
			}
		}
	}
	return out
}

// PythonUses are the names that a text uses in whatever way, but for those that it only
// imports.
func PythonUses(text string) map[string]bool {
	out := map[string]bool{}
	for _, s := range pyStatements(text) {
		s.use(text, out)
	}
	return out
}

// PythonTakesAll reports whether a program may use any name of the modules that it imports:
// it imports all names at once, or looks them up by texts.
func PythonTakesAll(text string) bool { return pyTakesAll.MatchString(text) }

var pyTakesAll = lazyregexp.New(`\bimport[ \t]+\*|\bgetattr\(|\b__import__\(|\bimportlib\b|\b__dict__\b|\bvars\(|\bglobals\(|\binspect\.`)

// pyStatement is a statement of a module that is below no other one.
type pyStatement struct {
	from, to int
	name     string // of a definition that does nothing by itself
	imports  bool
	main     bool // it counts where the module is the program
}

var (
	pyDefinition = lazyregexp.New(`^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)`)
	pyConstant   = lazyregexp.New(`^([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=[^=]`)
	pyImports    = lazyregexp.New(`^(?:import|from)\b`)
	pyMain       = lazyregexp.New(`^if[ \t]+__name__\b`)
	pyGoesOn     = lazyregexp.New(`^(?:[ \t\r\n#)\]}]|(?:else|elif|except|finally)\b)`)
	pyCalls      = lazyregexp.New(`([A-Za-z_][\w.]*|["'\])])[ \t]*\(|(?:["'])\.(\w+)\(`)
	pyRenames    = lazyregexp.New(`(\w+)[ \t]+as[ \t]+\w+`)
)

// pyStatements are the statements of a module, with what is below each.
func pyStatements(text string) []pyStatement {
	var out []pyStatement
	var l pyLines
	offset := 0
	for line := range strings.Lines(text) {
		if n := len(out); !l.open() && !pyGoesOn.MatchString(line) && (n == 0 || !decorates(text[out[n-1].from:offset])) {
			out = append(out, pyStatement{from: offset})
		}
		l.read(line)
		if offset += len(line); len(out) > 0 {
			out[len(out)-1].to = offset
		}
	}
	for i := range out {
		out[i].tell(text)
	}
	return out
}

// decorates reports whether a statement is so far only what decorates the next definition.
func decorates(statement string) bool {
	return strings.HasPrefix(statement, "@") && !strings.Contains(statement, "\ndef ") && !strings.Contains(statement, "\nclass ") && !strings.Contains(statement, "\nasync ")
}

// tell finds out what a statement is.
func (s *pyStatement) tell(text string) {
	body := text[s.from:s.to]
	s.imports, s.main = pyImports.MatchString(body), pyMain.MatchString(body)
	if m := pyDefinition.FindStringSubmatch(body); m != nil {
		s.name = m[1]
	} else if m := pyConstant.FindStringSubmatch(body); m != nil && onlyTells(body) {
		s.name = m[1]
	}
}

// onlyTells reports whether an assignment does nothing beside: it calls only what makes
// texts, paths and tables.
func onlyTells(body string) bool {
	for _, m := range pyCalls.FindAllStringSubmatch(body, 100) {
		switch name := m[1] + m[2]; {
		case strings.HasPrefix(name, "os.path."), strings.HasSuffix(name, ".join"), strings.HasSuffix(name, ".format"):
		default:
			switch name {
			case "os.environ.get", "os.getenv", "Path", "pathlib.Path", "str", "int", "float", "bool", "dict", "list", "tuple", "set", "frozenset", "join", "format":
			default:
				return false
			}
		}
	}
	return true
}

// use notes the names that a statement uses.
func (s *pyStatement) use(text string, used map[string]bool) {
	body := text[s.from:s.to]
	if s.imports {
		for _, m := range pyRenames.FindAllStringSubmatch(body, 200) {
			used[m[1]] = true
		}
		return
	}
	for _, name := range pyWord.FindAllString(body, -1) {
		used[name] = true
	}
}

// pyLines goes through the lines of a program, and knows whether the next one goes on with
// what the last one has begun.
type pyLines struct {
	depth     int    // of brackets
	quote     string // that a text ends with
	continued bool   // by a backslash
}

func (l *pyLines) open() bool { return l.depth > 0 || l.quote != "" || l.continued }

func (l *pyLines) read(line string) {
	line = strings.TrimRight(line, "\r\n")
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\':
			i++
		case l.quote != "":
			if strings.HasPrefix(line[i:], l.quote) {
				i += len(l.quote) - 1
				l.quote = ""
			}
		case c == '#':
			line = line[:i]
		case c == '"' || c == '\'':
			l.quote = line[i : i+1]
			if three := strings.Repeat(l.quote, 3); strings.HasPrefix(line[i:], three) {
				l.quote = three
				i += 2
			}
		case c == '(' || c == '[' || c == '{':
			l.depth++
		case c == ')' || c == ']' || c == '}':
			l.depth = max(l.depth-1, 0)
		}
	}
	if l.continued = strings.HasSuffix(line, "\\"); len(l.quote) == 1 && !l.continued {
		l.quote = ""
	}
}
