package jsondoc

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord reports whether c may be part of a bare word: a letter, digit, _ or
// any byte of a character beyond ASCII.
func isWord(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) || c == '_' || c >= utf8.RuneSelf
}

func (p *parser) wordEnd() {
	for p.i < len(p.data) && (isWord(p.data[p.i]) || strings.IndexByte(".-", p.data[p.i]) >= 0) {
		p.i++
	}
}

// word reads true, false, null, or takes another bare word for what was meant.
func (p *parser) word() *Value {
	v := p.begin(String)
	p.wordEnd()
	v.Text = string(p.data[v.Start:p.i])
	switch lower := strings.ToLower(v.Text); lower {
	case "true", "false":
		v.Kind = Bool
		p.literal(v, lower)
	case "null", "none", "nil":
		v.Kind = Null
		p.literal(v, "null")
	default:
		p.fault(BadLiteral, v.Start, p.i, "put text in double quotes", "%s is no JSON value", v.Text)
	}
	return p.finish(v)
}

// literal sets the right spelling, and notes a wrong one.
func (p *parser) literal(v *Value, want string) {
	if v.Text != want {
		p.fault(BadLiteral, v.Start, p.i, "write "+want, "%s is no JSON value", v.Text)
	}
	v.Text = want
}

func (p *parser) number() *Value {
	v := p.begin(Number)
	p.numberEnd()
	v.Text = string(p.data[v.Start:p.i])
	if !json.Valid([]byte(v.Text)) {
		p.fault(BadNumber, v.Start, p.i, "", "%s is no JSON number", v.Text)
	}
	return p.finish(v)
}

// numberEnd skips what looks like a number, right or not: 1, -1.5e3, +.5, 0x1f, 10G.
func (p *parser) numberEnd() {
	if c := p.peek(0); c == '-' || c == '+' {
		p.i++
	}
	for p.i < len(p.data) && (isWord(p.data[p.i]) || p.data[p.i] == '.' || p.exponentSign()) {
		p.i++
	}
}

func (p *parser) exponentSign() bool {
	c, before := p.data[p.i], p.data[max(0, p.i-1)]|0x20
	return (c == '-' || c == '+') && before == 'e' && isDigit(p.data[max(0, p.i-2)])
}

func (p *parser) stringValue() *Value {
	v := p.begin(String)
	quote := p.data[p.i]
	p.i++
	var text []byte
	for {
		plain := p.i
		for p.i < len(p.data) && p.data[p.i] >= ' ' && p.data[p.i] != quote && p.data[p.i] != '\\' {
			p.i++
		}
		text = append(text, p.data[plain:p.i]...)
		switch c := p.peek(0); {
		case p.i >= len(p.data) || c == '\n' || c == '\r':
			p.syntax(v.Start, "the string that begins here has no end in its line")
			return nil
		case c == quote:
			p.i++
			return p.endString(v, text, quote)
		case c == '\\':
			text = p.escape(text)
		default:
			p.fault(ControlChar, p.i, p.i+1, "write it as an escape, e.g. \\t", "control character %#U in a string", rune(c))
			text = append(text, c)
			p.i++
		}
	}
}

func (p *parser) endString(v *Value, text []byte, quote byte) *Value {
	if quote == '\'' {
		p.fault(SingleQuotes, v.Start, p.i, "use double quotes", "a string in single quotes")
	}
	v.Text = strings.ToValidUTF8(string(text), "\ufffd")
	return p.finish(v)
}

// escape appends what the escape at p.i stands for.
func (p *parser) escape(text []byte) []byte {
	start, c := p.i, p.peek(1)
	if c == 'u' {
		if r, n := p.unicode(); n > 0 {
			p.i += n
			return utf8.AppendRune(text, r)
		}
	}
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 && c != 0 {
		p.i += 2
		return append(text, "\"\\/\b\f\n\r\t"[i])
	}
	p.i++
	stop := start + 1
	if p.i < len(p.data) && c >= ' ' {
		stop++
	}
	p.fault(BadEscape, start, stop, `write a backslash itself as \\`, "%q is no JSON escape", p.data[start:stop])
	return append(text, '\\')
}

// unicode is the character of the \uXXXX (or surrogate pair) at p.i, and its
// length in bytes; 0 where it is none.
func (p *parser) unicode() (rune, int) {
	r := p.hex4(p.i + 2)
	if r < 0 {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if p.peek(6) == '\\' && p.peek(7) == 'u' {
			if pair := utf16.DecodeRune(r, p.hex4(p.i+8)); pair != utf8.RuneError {
				return pair, 12
			}
		}
		return utf8.RuneError, 6
	}
	return r, 6
}

func (p *parser) hex4(at int) rune {
	if at+4 > len(p.data) {
		return -1
	}
	n, err := strconv.ParseUint(string(p.data[at:at+4]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
