package oldtoml

import (
	"strings"
	"unicode/utf8"

	"github.com/appimg/appimg/pkg/diag"
)

// maxDepth bounds how deep arrays nest and how many parts a table's name has.
const maxDepth = 1000

// Parse reads data, the content of file. The first fault is returned, with
// its place.
func Parse(file string, data []byte) (*Table, error) {
	p := &parser{file: file, text: string(data) + "\n", root: newTable(), implicit: map[string]bool{}}
	p.current = p.root
	if err := p.document(); err != nil {
		return nil, err
	}
	return p.root, nil
}

// parser reads the text once, front to back. A NUL counts as the end of the
// text where the old reader took it for that.
type parser struct {
	file, text string
	pos        int
	root       *Table
	current    *Table          // where keys go
	path       []string        // the name of current
	implicit   map[string]bool // dotted names of tables that only exist by their sub-tables
}

func (p *parser) fault(offset int, format string, args ...any) error {
	return diag.Errorf(diag.At(p.file, p.text[:len(p.text)-1], offset), format, args...)
}

// peek is the next rune; 0 at the end.
func (p *parser) peek() rune {
	r, size := utf8.DecodeRuneInString(p.text[p.pos:])
	if size == 0 {
		return 0
	}
	return r
}

func (p *parser) skip(chars string) {
	for p.pos < len(p.text) && strings.IndexByte(chars, p.text[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *parser) skipComment() {
	end := strings.IndexAny(p.text[p.pos:], "\n\r\x00")
	if end < 0 {
		end = len(p.text) - p.pos
	}
	p.pos += end
}

func (p *parser) document() error {
	for {
		p.skip(" \t\r\n")
		if p.pos >= len(p.text) {
			return nil
		}
		var err error
		switch p.peek() {
		case '#':
			p.skipComment()
			continue
		case 0:
			return p.fault(p.pos, "a NUL byte")
		case '[':
			err = p.header()
		default:
			err = p.assignment()
		}
		if err == nil {
			err = p.lineEnd()
		}
		if err != nil {
			return err
		}
	}
}

// lineEnd reads what may follow a value or a header on its line.
func (p *parser) lineEnd() error {
	p.skip(" \t")
	switch r := p.peek(); r {
	case '#':
		p.skipComment()
		return nil
	case '\n', '\r', 0:
		p.pos = min(p.pos+1, len(p.text))
		return nil
	default:
		return p.fault(p.pos, "expected the end of the line, found %q", r)
	}
}

// header reads [a.b] or [[a.b]].
func (p *parser) header() error {
	start := p.pos
	p.pos++
	array := p.peek() == '['
	if array {
		p.pos++
	}
	name, err := p.tableName()
	if err != nil {
		return err
	}
	if array {
		if p.peek() != ']' {
			return p.fault(p.pos, "expected ]] at the end of [[%s", strings.Join(name, "."))
		}
		p.pos++
	}
	return p.enter(name, array, start)
}

// tableName reads up to the closing bracket and past it.
func (p *parser) tableName() ([]string, error) {
	var name []string
	for {
		part, err := p.namePart()
		if err != nil {
			return nil, err
		}
		if name = append(name, part); len(name) > maxDepth {
			return nil, p.fault(p.pos, "tables nest too deep")
		}
		switch r := p.peek(); r {
		case '.':
			p.pos++
		case ']':
			p.pos++
			return name, nil
		default:
			return nil, p.fault(p.pos, "expected . or ] in a table name, found %q", r)
		}
	}
}

func (p *parser) namePart() (string, error) {
	switch r := p.peek(); r {
	case ']', '.', 0:
		return "", p.fault(p.pos, "an empty table name")
	case '"', '\'':
		v, err := p.value(0)
		if err != nil {
			return "", err
		}
		p.skip(" \t")
		return v.Text, nil
	default:
		start := p.pos
		p.skipBare()
		if r := p.peek(); r != '.' && r != ']' {
			return "", p.bareFault(r)
		}
		return p.text[start:p.pos], nil
	}
}

func (p *parser) bareFault(r rune) error {
	err := p.fault(p.pos, "a name without quotes cannot contain %q", r)
	switch r {
	case '.':
		return diag.WithHint(err, "confd reads an old TOML without dotted keys: write a [table] header")
	case '\ufeff':
		return diag.WithHint(err, "save the file as UTF-8 without BOM")
	}
	return err
}

func (p *parser) skipBare() {
	for isBare(p.text[p.pos]) {
		p.pos++ // the newline at the end of the text is not bare
	}
}

func isBare(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// assignment reads KEY = VALUE.
func (p *parser) assignment() error {
	start := p.pos
	key, err := p.key()
	if err != nil {
		return err
	}
	p.skip(" \t")
	if r := p.peek(); r != '=' {
		return p.fault(p.pos, "expected = after the key %q, found %q", key, r)
	}
	p.pos++
	v, err := p.value(0)
	if err != nil {
		return err
	}
	return p.set(key, start, v)
}

func (p *parser) key() (string, error) {
	start := p.pos
	switch p.peek() {
	case '=':
		return "", p.fault(start, "a value without a key")
	case '"', '\'':
		v, err := p.value(0)
		if err != nil {
			return "", err
		}
		return v.Text, nil
	}
	p.skipBare()
	if r := p.peek(); r != ' ' && r != '\t' && r != '=' {
		return "", p.bareFault(r)
	}
	return p.text[start:p.pos], nil
}

// enter makes the table called name the current one.
func (p *parser) enter(name []string, array bool, offset int) error {
	parent := p.root
	for i, part := range name[:len(name)-1] {
		if parent.Get(part) == nil {
			p.implicit[strings.Join(name[:i+1], ".")] = true
			parent.put(part, offset, &Value{Kind: TableKind, Offset: offset, Table: newTable()})
		}
		if parent = tableOf(parent.Get(part).Value); parent == nil {
			return p.fault(offset, "%q is a value already, not a table", strings.Join(name[:i+1], "."))
		}
	}
	last := name[len(name)-1]
	p.current, p.path = parent, name[:len(name)-1]
	table := &Value{Kind: TableKind, Offset: offset, Table: newTable()}
	var err error
	if array {
		err = p.appendTable(last, name, offset, table)
	} else {
		err = p.set(last, offset, table)
	}
	if err != nil {
		return err
	}
	if p.current = tableOf(parent.Get(last).Value); p.current == nil {
		return p.fault(offset, "%q is a value already, not a table", strings.Join(name, "."))
	}
	p.path = name
	return nil
}

func (p *parser) appendTable(last string, name []string, offset int, table *Value) error {
	e := p.current.Get(last)
	if e == nil {
		p.current.put(last, offset, &Value{Kind: TableArray, Offset: offset, Items: []*Value{table}})
		return nil
	}
	if e.Value.Kind != TableArray {
		return p.fault(offset, "%q is defined already and is no array of tables", strings.Join(name, "."))
	}
	e.Value.Items = append(e.Value.Items, table)
	return nil
}

// tableOf is the table that a name leads into; of an array its last one.
func tableOf(v *Value) *Table {
	if v.Kind == TableArray {
		v = v.Items[len(v.Items)-1]
	}
	return v.Table
}

// set defines key in the current table. A table that exists only by its
// sub-tables may be defined once more, and keeps what it has.
func (p *parser) set(key string, offset int, v *Value) error {
	if p.current.Get(key) == nil {
		p.current.put(key, offset, v)
		return nil
	}
	full := strings.Join(append(p.path[:len(p.path):len(p.path)], key), ".")
	if !p.implicit[full] {
		return p.fault(offset, "%q is defined already, at line %d", full,
			diag.At(p.file, p.text, p.current.Get(key).Offset).Line)
	}
	delete(p.implicit, full)
	return nil
}
