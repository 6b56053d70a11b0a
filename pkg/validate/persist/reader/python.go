package reader

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

var (
	pyAssign = lazyregexp.New(`^[ \t]*(?:[A-Za-z_][\w.]*\[["'])?([A-Za-z_][\w.]*)(?:["']\])?[ \t]*=[ \t]*([^=].*)$`)
	pyWriter = lazyregexp.New(`\b(\w*FileHandler|makedirs|mkdir|sqlite3\.connect)\([ \t]*([^,()]+(?:\([^()]*\))?)`)
	pyOpen   = lazyregexp.New(`\bopen\([ \t]*((?:os\.path\.join\([^()]*\)|[^,])+),[ \t]*(?:mode[ \t]*=[ \t]*)?["']([aw][^"']*)["']`)
	pyWith   = lazyregexp.New(`([A-Za-z_][\w.]*)\.open\([ \t]*(?:mode[ \t]*=[ \t]*)?["']([aw][^"']*)["']`)
	pyPath   = lazyregexp.New(`\bPath\([ \t]*([^()]+)\)\.(?:write_text|write_bytes|open\([ \t]*["'][aw])`)
	pyShelf  = lazyregexp.New(`\b(shelve|dbm|TinyDB|diskcache)(?:\.open)?\([ \t]*([^,()]+)\)`)
	pyCopy   = lazyregexp.New(`\bshutil\.(?:copy\w*|move)\([ \t]*([^,()]+),[ \t]*([^,()]+)`)
	pyPack   = lazyregexp.New(`\bmake_archive\([ \t]*([^,()]+),[^,()]+,[ \t]*([^,()]+)`)
	pyParser = lazyregexp.New(`add_argument\([^#]*["']--([\w\-]+)["'][^#]*\bdefault[ \t]*=[ \t]*([^,)]+)`)
	pyEnv    = lazyregexp.New(`^os\.(?:environ\.get|getenv)\([ \t]*["']\w+["'][ \t]*,[ \t]*(.+)\)[ \t]*$`)
	pyInside = lazyregexp.New(`\{([A-Za-z_][\w.]*)\}`)
	pyLead   = lazyregexp.New(`^[ \t]*([A-Za-z_][\w.]*)[ \t]*(?:%|\.format\(|$)`)
	pyNamed  = lazyregexp.New(`\b(filename)[ \t]*=[ \t]*((?:os\.environ\.get|os\.getenv|env|config)\([^()]*\)|[^,)=]+)`)
	pyRename = lazyregexp.New(`\bos\.(?:rename|replace)\([^,()]+,[ \t]*((?:os\.path\.join\([^()]*\)|[^,()])+)\)`)
	pyEntry  = lazyregexp.New(`["'](\w+)["'][ \t]*:[ \t]*((?:(?:os\.path\.join|os\.environ\.get|os\.getenv|env|env\.str|config)\([^()]*\))|["'](?:/|sqlite)[^"']*["']|[A-Z]\w*[ \t]*[/+][ \t]*["'][^"']*["'])`)
	pyPart   = lazyregexp.New(`^[ \t]*(?:[rufb]{0,2}"([^"]*)"|[rufb]{0,2}'([^']*)'|([A-Za-z_][\w.]*))[ \t]*`)
)

// readPython reads constants that hold paths, and what is opened to be written,
// as far as an expression is made of texts and constants.
func readPython(name, text string) []Setting {
	p := pyReader{name: name, constants: map[string]string{}, places: map[string]int{}}
	p.read(text)
	return p.out
}

func (p *pyReader) read(text string) {
	p.tables(text)
	offset := 0
	for line := range strings.Lines(text) {
		body := strings.TrimSpace(line)
		if body != "" && body[0] != '#' {
			p.line(strings.TrimRight(line, "\r\n"), offset)
		}
		if offset += len(line); len(p.out) > maxSettings {
			break
		}
	}
}

// pyHome matches the folder of the program itself: os.path.dirname(os.path.abspath(__file__)),
// Path(__file__).resolve().parent.parent.
var pyHome = lazyregexp.New(`dirname\(|\.parent\b`)

// home is the folder that an expression about __file__ means: on the node, where it
// is known that the file lies there; else the variable itself.
func (p *pyReader) home(name, expr string) (string, bool) {
	if !strings.Contains(expr, "__file__") {
		return "", false
	}
	ups := len(pyHome.FindAllString(expr, -1))
	if !strings.HasPrefix(p.name, "/") {
		return "$" + name, ups > 0 && strings.ToUpper(name) == name
	}
	dir := p.name
	for range ups {
		dir = path.Dir(dir)
	}
	return dir, ups > 0 && dir != "/"
}

// PythonModules are the modules that a program imports.
func PythonModules(text string) []string {
	var out []string
	for _, m := range pyImport.FindAllStringSubmatch(text, 50) {
		switch {
		case m[1] == "django" && strings.Contains(m[0], "settings"):
			out = append(out, "settings")
		case m[2] != "": // the last part is the file's
			out = append(out, m[2][strings.LastIndexByte(m[2], '.')+1:])
		default:
			out = append(out, m[1])
		}
	}
	return out
}

var pyImport = lazyregexp.New(`(?m)^[ \t]*(?:import|from)[ \t]+\.*([A-Za-z_]\w*)((?:\.\w+)*)(?:[ \t]+import[ \t]+settings\b)?`)

// PythonWrites are the constants of a module that a program which imports it opens to
// be written, or makes: what they say, where the module says it, and where the program
// uses it.
func PythonWrites(text, module string) []Write {
	m := pyReader{constants: map[string]string{}, places: map[string]int{}}
	m.read(module)
	p := pyReader{constants: m.constants, places: map[string]int{}}
	p.read(text)
	var out []Write
	for _, s := range p.out {
		at, told := -1, ""
		for name, place := range m.places {
			if c := m.constants[name]; s.Write && (s.Value == c || strings.HasPrefix(s.Value, c+"/")) && p.places[name] == 0 && (at < 0 || len(c) > len(told) || len(c) == len(told) && place < at) {
				at, told = place, c
			}
		}
		if at >= 0 {
			out = append(out, Write{s.Key, s.Value, told, at, s.Offset})
		}
	}
	return out
}

// Write is a constant of a module that a program writes to.
type Write struct {
	Key, Value  string
	Told        string // what the module says: all of the path, or what it begins with
	Offset, Use int    // in the module, and in the program
}

type pyReader struct {
	name      string // of the file, on the node or in the repository
	constants map[string]string
	places    map[string]int      // of the constants' values
	plain     bool                // variables of the environment are what they are where nothing sets them
	texts     []string            // of the program and its modules, where lists are looked for
	lists     map[string][]string // what the elements of lists are that a function is handed
	steps     *int                // that are left for ways
	out       []Setting
}

func (p *pyReader) line(line string, offset int) {
	if name, v, at, ok := p.assign(line, offset); ok {
		p.add(name, v, at, false)
	}
	if p.plain {
		p.atOnce(line)
	}
	for _, m := range pyWriter.FindAllStringSubmatchIndex(line, 8) {
		p.call(line, line[m[2]:m[3]], line[m[4]:m[5]], offset+m[4])
	}
	for _, m := range append(pyOpen.FindAllStringSubmatchIndex(line, 8), pyWith.FindAllStringSubmatchIndex(line, 8)...) {
		p.call(line, "open_"+line[m[4]:m[4]+1], line[m[2]:m[3]], offset+m[2])
	}
	for _, m := range pyPath.FindAllStringSubmatchIndex(line, 8) {
		p.call(line, "open_w", line[m[2]:m[3]], offset+m[2])
	}
	for _, m := range pyShelf.FindAllStringSubmatchIndex(line, 8) {
		p.call(line, "data_file", line[m[4]:m[5]], offset+m[4])
	}
	for _, m := range pyCopy.FindAllStringSubmatchIndex(line, 8) {
		p.copied("copy", line[m[2]:m[3]], line[m[4]:m[5]], offset+m[4])
	}
	for _, m := range pyRename.FindAllStringSubmatchIndex(line, 8) {
		target := strings.TrimSpace(line[m[2]:m[3]])
		if at, ok := p.places[target]; ok { // that is where it is told
			p.add("open_w", p.constants[target], at, true)
		} else {
			p.call(line, "open_w", target, offset+m[2])
		}
	}
	for _, m := range pyPack.FindAllStringSubmatchIndex(line, 8) {
		p.copied("archive", line[m[4]:m[5]], line[m[2]:m[3]], offset+m[2])
	}
	for _, m := range pyParser.FindAllStringSubmatchIndex(line, 8) {
		if v, ok := p.eval(line[m[4]:m[5]]); ok {
			p.add(line[m[2]:m[3]], v, offset+m[4], false)
		}
	}
	for _, m := range pyEntry.FindAllStringSubmatchIndex(line, 8) {
		if v, ok := p.eval(line[m[4]:m[5]]); ok {
			p.add(line[m[2]:m[3]], v, offset+m[4], false)
		}
	}
	for _, m := range pyNamed.FindAllStringSubmatchIndex(line, 8) {
		p.call(line, line[m[2]:m[3]], line[m[4]:m[5]], offset+m[4])
	}
}

// assign notes the constant that a line sets: ok if it has a value of its own.
func (p *pyReader) assign(line string, offset int) (name, value string, at int, ok bool) {
	m := pyAssign.FindStringSubmatchIndex(line)
	if m == nil {
		return "", "", 0, false
	}
	name = line[m[2]:m[3]]
	if v, ok := p.home(name, line[m[4]:m[5]]); ok {
		p.constants[name] = v
		return "", "", 0, false
	}
	if value, ok = p.eval(line[m[4]:m[5]]); ok {
		p.constants[name], p.places[name] = value, offset+m[4]
	}
	return name, value, offset + m[4], ok
}

// copied is a file or folder that a program copies, or packs.
func (p *pyReader) copied(key, from, to string, offset int) {
	source, known := p.eval(from)
	if at, ok := p.eval(to); ok && known && IsPath(at) {
		p.out = append(p.out, Setting{Key: key, Value: at, From: source, Offset: offset, Write: true})
	}
}

func (p *pyReader) call(_, name, expr string, offset int) {
	if v, ok := p.eval(expr); ok {
		if m := pyLead.FindStringSubmatch(expr); m != nil {
			if at, constant := p.places[m[1]]; constant {
				p.add(name, v, at, name != "filename") // that is where it is told, too
			}
		}
		p.add(name, v, offset, name != "filename")
	}
}

func (p *pyReader) add(name, value string, offset int, write bool) {
	if s, ok := Embedded(value); ok {
		s.Offset = offset
		p.out = append(p.out, s)
		return
	}
	if IsPath(value) {
		p.out = append(p.out, Setting{Key: name, Value: value, Offset: offset, Write: write})
	}
}

// eval is the text that an expression makes: texts and constants joined by +, as a Path
// or by os.path.join, behind whose first part some may be unknown.
func (p *pyReader) eval(expr string) (string, bool) {
	expr = pyPathOf.ReplaceAllString(p.looked(p.environment(strings.TrimSpace(expr))), "$1")
	if m := pyEnv.FindStringSubmatch(expr); m != nil {
		expr = strings.TrimSpace(m[1]) // where nothing sets the variable
	}
	if rest, ok := strings.CutPrefix(expr, "os.path.join("); ok {
		return p.join(pyArgs(rest))
	}
	sep, glue := "+", ""
	if m := pyPart.FindString(expr); m != "" && strings.HasPrefix(expr[len(m):], "/") { // a Path
		sep, glue = "/", "/"
	}
	var parts []string
	for expr != "" {
		m := pyPart.FindStringSubmatch(expr)
		if m == nil {
			return "", false
		}
		text := m[1] + m[2]
		if m[3] != "" {
			known, ok := p.constants[m[3][strings.LastIndexByte(m[3], '.')+1:]]
			if !ok {
				return "", false
			}
			text = known
		}
		if m[3] == "" && strings.HasPrefix(strings.TrimLeft(m[0], " \trb"), "f") {
			text = p.inside(text)
		}
		expr = expr[len(m[0]):]
		args := ""
		if f := pyFilled.FindString(expr); f != "" {
			args, expr = expr[len(f):], ""
		}
		if !strings.Contains(text, "${") {
			text = p.fill(text, args)
		}
		parts = append(parts, text)
		if strings.HasPrefix(expr, "#") || strings.HasPrefix(expr, ")") {
			break
		}
		if expr != "" && !strings.HasPrefix(expr, sep) {
			return "", false
		}
		expr = strings.TrimPrefix(expr, sep)
	}
	return strings.Join(parts, glue), len(parts) > 0
}

// pyPathOf matches a text or constant that is made a Path.
var pyPathOf = lazyregexp.New(`\b(?:pathlib\.)?Path\(([^()]*)\)`)

// join is os.path.join.
func (p *pyReader) join(args []string) (string, bool) {
	var parts []string
	for i, a := range args {
		v, ok := p.eval(a)
		if i == 0 && !ok {
			return "", false
		}
		if !ok {
			v = "$x"
		}
		parts = append(parts, v)
	}
	return strings.Join(parts, "/"), len(parts) > 1
}

// inside puts the constants into a text that names them in braces.
func (p *pyReader) inside(text string) string {
	return pyInside.ReplaceAllStringFunc(text, func(match string) string {
		name := strings.Trim(match, "{}")
		if v, ok := p.constants[name[strings.LastIndexByte(name, '.')+1:]]; ok {
			return v
		}
		return "$x"
	})
}
