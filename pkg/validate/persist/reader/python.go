package reader

import (
	"regexp"
	"strings"
)

var (
	pyAssign = regexp.MustCompile(`^[ \t]*([A-Za-z_][\w.]*)[ \t]*=[ \t]*([^=].*)$`)
	pyWriter = regexp.MustCompile(`\b(\w*FileHandler|makedirs|mkdir)\([ \t]*([^,()]+(?:\([^()]*\))?)`)
	pyOpen   = regexp.MustCompile(`\bopen\([ \t]*([^,]+),[ \t]*["'](?:mode=)?([aw][^"']*)["']`)
	pyNamed  = regexp.MustCompile(`\b(filename)[ \t]*=[ \t]*([^,)=]+)`)
	pyPart   = regexp.MustCompile(`^[ \t]*(?:[rufb]{0,2}"([^"]*)"|[rufb]{0,2}'([^']*)'|([A-Za-z_][\w.]*))[ \t]*`)
)

// readPython reads constants that hold paths, and what is opened to be written,
// as far as an expression is made of texts and constants.
func readPython(text string) []Setting {
	p := pyReader{constants: map[string]string{}}
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
	return p.out
}

type pyReader struct {
	constants map[string]string
	out       []Setting
}

func (p *pyReader) line(line string, offset int) {
	if m := pyAssign.FindStringSubmatchIndex(line); m != nil {
		name := line[m[2]:m[3]]
		if v, ok := p.eval(line[m[4]:m[5]]); ok {
			p.constants[name] = v
			p.add(name, v, offset+m[4], false)
		}
	}
	for _, m := range pyWriter.FindAllStringSubmatchIndex(line, 8) {
		p.call(line, line[m[2]:m[3]], line[m[4]:m[5]], offset+m[4])
	}
	for _, m := range pyOpen.FindAllStringSubmatchIndex(line, 8) {
		p.call(line, "open_"+line[m[4]:m[4]+1], line[m[2]:m[3]], offset+m[2])
	}
	for _, m := range pyNamed.FindAllStringSubmatchIndex(line, 8) {
		p.call(line, line[m[2]:m[3]], line[m[4]:m[5]], offset+m[4])
	}
}

func (p *pyReader) call(_, name, expr string, offset int) {
	if v, ok := p.eval(expr); ok {
		p.add(name, v, offset, name != "filename")
	}
}

func (p *pyReader) add(name, value string, offset int, write bool) {
	if IsPath(value) {
		p.out = append(p.out, Setting{Key: name, Value: value, Offset: offset, Write: write})
	}
}

// eval is the text that an expression makes: texts and constants joined by +,
// or by os.path.join.
func (p *pyReader) eval(expr string) (string, bool) {
	expr = strings.TrimSpace(expr)
	sep, glue := "+", ""
	if rest, ok := strings.CutPrefix(expr, "os.path.join("); ok {
		expr, sep, glue = strings.TrimSuffix(rest, ")"), ",", "/"
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
		parts = append(parts, strings.NewReplacer("%s", "$x", "%d", "$x", "{}", "$x").Replace(text))
		expr = expr[len(m[0]):]
		if strings.HasPrefix(expr, "#") || strings.HasPrefix(expr, "%") || strings.HasPrefix(expr, ".format") || strings.HasPrefix(expr, ")") {
			break
		}
		if expr != "" && !strings.HasPrefix(expr, sep) {
			return "", false
		}
		expr = strings.TrimPrefix(expr, sep)
	}
	return strings.Join(parts, glue), len(parts) > 0
}
