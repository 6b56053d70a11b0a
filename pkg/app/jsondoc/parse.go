package jsondoc

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/appimg/appimg/pkg/diag"
)

// Options say what is read beside JSON.
type Options struct {
	Mustache bool // expressions may stand for values
	MaxDepth int  // levels of nesting; 0 is 512
}

const (
	defaultDepth = 512
	maxFaults    = 100 // of one document; more help nobody
)

// Parse reads strict JSON. The error is the first fault, with its place; a
// duplicate key is one too.
func Parse(file string, data []byte) (*Value, error) {
	v, faults := ParseTolerant(file, data, Options{})
	if len(faults) > 0 {
		return nil, faults[0].Err()
	}
	return v, nil
}

// ParseTolerant reads what is there, goes on after a fault where it can, and
// returns all faults in the order of the file. The value is nil only where
// there is none at all.
func ParseTolerant(file string, data []byte, o Options) (*Value, []Fault) {
	if o.MaxDepth <= 0 {
		o.MaxDepth = defaultDepth
	}
	p := &parser{places: newPlaces(file, data), data: data, o: o}
	v := p.document()
	slices.SortStableFunc(p.faults, func(a, b Fault) int { return a.Start - b.Start })
	return v, p.faults
}

// CheckText is the first fault of data as text, whatever its language: a byte
// order mark, UTF-16, bytes that are not UTF-8; nil if it is text.
func CheckText(file string, data []byte) error {
	p := &parser{places: newPlaces(file, data), data: data}
	if p.encoding(); len(p.faults) > 0 {
		return p.faults[0].Err()
	}
	return nil
}

type parser struct {
	places
	data   []byte
	i      int // what comes next
	depth  int
	o      Options
	faults []Fault
	ended  bool // a fault ended the reading
}

func (p *parser) document() *Value {
	if !p.encoding() {
		return nil
	}
	p.space()
	if p.i == len(p.data) {
		p.syntax(p.i, "the file is empty: a JSON document is expected")
		return nil
	}
	v := p.value()
	p.space()
	if !p.ended && p.i < len(p.data) {
		p.fault(TrailingData, p.i, len(p.data), "", "unexpected %s after the end of the document", p.found())
	}
	return v
}

// encoding reports whether the bytes can be read as text at all.
func (p *parser) encoding() bool {
	const hint = "save the file as UTF-8 without BOM"
	switch {
	case bytes.HasPrefix(p.data, []byte("\xff\xfe")), bytes.HasPrefix(p.data, []byte("\xfe\xff")), isBareUTF16(p.data):
		p.fault(NotUTF8, 0, 2, hint, "the file is UTF-16, not UTF-8")
		return false
	case bytes.HasPrefix(p.data, []byte("\xef\xbb\xbf")):
		p.fault(BOM, 0, 3, hint, "the file begins with a byte order mark (BOM)")
		p.i = 3
	}
	if bad := firstBadUTF8(p.data); bad >= 0 {
		p.fault(NotUTF8, bad, bad+1, hint, "byte 0x%02x is not UTF-8", p.data[bad])
	}
	return true
}

// isBareUTF16 reports whether data is UTF-16 without a mark: JSON begins with
// two characters of ASCII, so that every second byte is 0.
func isBareUTF16(data []byte) bool {
	return len(data) >= 4 && (data[0] == 0 && data[1] != 0 && data[2] == 0 && data[3] != 0 || data[0] != 0 && data[1] == 0 && data[2] != 0 && data[3] == 0)
}

func firstBadUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}

func (p *parser) fault(kind FaultKind, start, stop int, hint, format string, args ...any) {
	if p.ended {
		return
	}
	p.faults = append(p.faults, Fault{kind, p.pos(start), p.pos(stop), start, stop, fmt.Sprintf(format, args...), hint})
	p.ended = len(p.faults) >= maxFaults || kind == Syntax || kind == TooDeep
}

// syntax is a fault after which nothing is read any more.
func (p *parser) syntax(at int, format string, args ...any) {
	p.fault(Syntax, at, min(at+1, len(p.data)), "", format, args...)
}

// found names what comes next, for messages.
func (p *parser) found() string {
	if p.i >= len(p.data) {
		return "end of file"
	}
	r, _ := utf8.DecodeRune(p.data[p.i:])
	return fmt.Sprintf("%q", r)
}

func (p *parser) peek(ahead int) byte {
	if p.i+ahead < len(p.data) {
		return p.data[p.i+ahead]
	}
	return 0
}

// space skips white space, and comments as faults.
func (p *parser) space() {
	for p.i < len(p.data) && !p.ended {
		switch c := p.data[p.i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			p.i++
		case c == '#' || c == '/' && (p.peek(1) == '/' || p.peek(1) == '*'):
			p.comment()
		default:
			return
		}
	}
}

func (p *parser) comment() {
	start, end := p.i, "\n"
	if p.peek(1) == '*' && p.peek(0) == '/' {
		end = "*/"
	}
	n := bytes.Index(p.data[start+1:], []byte(end))
	switch {
	case n < 0 && end == "*/":
		p.syntax(start, "the comment that begins here has no end")
		return
	case n < 0:
		p.i = len(p.data)
	case end == "*/":
		p.i = start + 1 + n + len(end)
	default:
		p.i = start + 1 + n
	}
	p.fault(Comment, start, p.i, `JSON has no comments; a member "//" can hold one`, "a comment")
}

// value reads what stands for a value; nil after a syntax fault.
func (p *parser) value() *Value {
	if p.o.Mustache && p.startsExpr() {
		return p.expression()
	}
	switch c := p.peek(0); {
	case p.i >= len(p.data):
		p.syntax(p.i, "unexpected end of file where a value is expected")
	case c == '{':
		return p.nested(Object, p.members)
	case c == '[':
		return p.nested(Array, p.items)
	case c == '"' || c == '\'':
		return p.stringValue()
	case c == '-' || c == '+' || c == '.' || isDigit(c):
		return p.number()
	case isWord(c):
		return p.word()
	default:
		p.syntax(p.i, "unexpected %s where a value is expected", p.found())
	}
	return nil
}

// begin makes a value that starts here; finish sets its end.
func (p *parser) begin(k Kind) *Value { return &Value{Kind: k, Pos: p.pos(p.i), Start: p.i} }

func (p *parser) finish(v *Value) *Value {
	v.Stop, v.End = p.i, p.pos(p.i)
	return v
}

func (p *parser) nested(k Kind, fill func(*Value)) *Value {
	v := p.begin(k)
	if p.depth++; p.depth > p.o.MaxDepth {
		p.fault(TooDeep, p.i, p.i+1, "", "nested deeper than %d levels", p.o.MaxDepth)
	} else {
		p.i++
		fill(v)
	}
	p.depth--
	return p.finish(v)
}

// places turns byte offsets into places, quickly when they are asked for in
// rising order.
type places struct {
	file  string
	text  []byte
	lines []int // offset of each line's first byte
	last  struct{ line, offset, col int }
}

func newPlaces(file string, data []byte) places {
	p := places{file: file, text: data, lines: []int{0}}
	for i, c := range data {
		if c == '\n' {
			p.lines = append(p.lines, i+1)
		}
	}
	return p
}

func (p *places) pos(offset int) diag.Pos {
	line, found := slices.BinarySearch(p.lines, offset)
	if !found {
		line--
	}
	from, col := p.lines[line], 1
	if p.last.line == line+1 && p.last.offset <= offset {
		from, col = p.last.offset, p.last.col
	}
	col += utf8.RuneCount(p.text[from:offset])
	p.last.line, p.last.offset, p.last.col = line+1, offset, col
	return diag.Pos{File: p.file, Line: line + 1, Col: col}
}
