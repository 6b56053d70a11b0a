package jsondoc

import "github.com/appimg/appimg/pkg/diag"

// list reads "one, two, …" up to the closing byte. one reads an element and
// reports whether there was one.
func (p *parser) list(v *Value, closing byte, what string, one func() bool) {
	comma := -1 // offset of the comma before the next element
	for first := true; ; first = false {
		p.space()
		switch {
		case p.ended:
			return
		case p.i >= len(p.data):
			p.syntax(p.i, "unexpected end of file: the %s that begins at line %d is not closed", v.Kind, v.Pos.Line)
			return
		case p.data[p.i] == closing:
			if comma >= 0 {
				p.fault(TrailingComma, comma, comma+1, "remove the comma", "a comma before the closing %q", closing)
			}
			p.i++
			return
		case p.data[p.i] == '}' || p.data[p.i] == ']':
			p.syntax(p.i, "unexpected %s: the %s that begins at line %d ends with %q", p.found(), v.Kind, v.Pos.Line, closing)
			return
		case p.data[p.i] == ',':
			p.syntax(p.i, "unexpected ',' where %s is expected", what)
			return
		case !first && comma < 0:
			p.missingComma(what)
		}
		if p.ended || !one() {
			return
		}
		comma = p.comma()
	}
}

// missingComma is a fault that the reading survives only where the next
// element begins on its own; anything else is no list any more.
func (p *parser) missingComma(what string) {
	if c := p.data[p.i]; c != '"' && c != '{' && c != '[' && c != '\'' {
		p.syntax(p.i, "unexpected %s where a comma or the end is expected", p.found())
		return
	}
	p.fault(MissingComma, p.i, p.i, "put a comma between the two", "a comma is missing before %s", what)
}

// comma skips a comma and returns its offset, or -1.
func (p *parser) comma() int {
	p.space()
	if !p.ended && p.peek(0) == ',' {
		p.i++
		return p.i - 1
	}
	return -1
}

func (p *parser) items(v *Value) {
	p.list(v, ']', "an item", func() bool {
		item := p.value()
		if item != nil {
			v.Items = append(v.Items, item)
		}
		return item != nil && !p.ended
	})
}

func (p *parser) members(v *Value) {
	seen := map[string]diag.Pos{}
	p.list(v, '}', "a member", func() bool {
		m, ok := p.member()
		if !ok {
			return false
		}
		if first, dup := seen[m.Key]; dup {
			p.fault(DuplicateKey, m.KeyStart, m.KeyStop, "the last one counts: remove one of them",
				"%q is already there at line %d", m.Key, first.Line)
		} else {
			seen[m.Key] = m.KeyPos
		}
		v.Members = append(v.Members, m)
		return !p.ended
	})
}

func (p *parser) member() (m Member, ok bool) {
	key := p.key()
	if key == nil || p.ended {
		return m, false
	}
	m = Member{Key: key.Text, KeyPos: key.Pos, KeyStart: key.Start, KeyStop: key.Stop}
	p.space()
	if p.ended {
		return m, false
	}
	if p.peek(0) != ':' {
		p.syntax(p.i, "unexpected %s where the ':' after key %q is expected", p.found(), m.Key)
		return m, false
	}
	p.i++
	p.space()
	m.Value = p.value()
	return m, m.Value != nil
}

func (p *parser) key() *Value {
	switch c := p.peek(0); {
	case c == '"' || c == '\'':
		return p.stringValue()
	case c == '{' && p.peek(1) == '{':
		p.syntax(p.i, "an expression stands where a key is expected: it can only stand for a value")
	case isWord(c):
		v := p.begin(String)
		p.wordEnd()
		v.Text = string(p.data[v.Start:p.i])
		p.fault(BadLiteral, v.Start, p.i, "put it in double quotes", "key %s is not in quotes", v.Text)
		return p.finish(v)
	default:
		p.syntax(p.i, "unexpected %s where a key in quotes is expected", p.found())
	}
	return nil
}
