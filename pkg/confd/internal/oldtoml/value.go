package oldtoml

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/diag"
)

// value reads the value that starts here, after blanks.
func (p *parser) value(depth int) (*Value, error) {
	p.skip(" \t")
	start := p.pos
	switch r := p.peek(); {
	case r == '[':
		return p.array(depth)
	case r == '"' || r == '\'':
		text, err := p.quoted()
		return &Value{Kind: String, Offset: start, Text: text}, err
	case r == 't':
		return p.word("true")
	case r == 'f':
		return p.word("false")
	case r == '-' || r >= '0' && r <= '9':
		return p.number()
	case r == '{':
		return nil, diag.WithHint(p.fault(start, "an inline table"), "confd reads an old TOML without inline tables: write a [table] header")
	default:
		return nil, diag.WithHint(p.fault(start, "expected a value, found %q", r), "strings need quotes")
	}
}

func (p *parser) word(word string) (*Value, error) {
	if !strings.HasPrefix(p.text[p.pos:], word) {
		return nil, p.fault(p.pos, "expected %s", word)
	}
	p.pos += len(word)
	return &Value{Kind: Bool, Offset: p.pos - len(word), Text: word}, nil
}

// number reads an integer, a float or a date. Blanks, signs other than -,
// exponents and underscores are not part of one.
func (p *parser) number() (*Value, error) {
	start, digits := p.pos, p.digits
	if p.peek() == '-' {
		p.pos++
	}
	whole := digits()
	switch next := p.peek(); {
	case whole == 0:
		return nil, p.fault(p.pos, "expected a digit, found %q", next)
	case next == '-' && p.text[start] != '-':
		return p.date(start)
	case next != '.':
		return p.integer(start)
	}
	p.pos++
	if digits() == 0 {
		return nil, p.fault(p.pos, "expected a digit after the point, found %q", p.peek())
	}
	v := &Value{Kind: Float, Offset: start, Text: p.text[start:p.pos]}
	if _, err := strconv.ParseFloat(v.Text, 64); err != nil {
		return nil, p.fault(start, "%s is out of range", v.Text)
	}
	return v, nil
}

func (p *parser) digits() (n int) {
	for ; p.text[p.pos] >= '0' && p.text[p.pos] <= '9'; p.pos++ {
		n++
	}
	return n
}

func (p *parser) integer(start int) (*Value, error) {
	v := &Value{Kind: Integer, Offset: start, Text: p.text[start:p.pos]}
	var err error
	if v.Int, err = strconv.ParseInt(v.Text, 10, 64); errors.Is(err, strconv.ErrRange) {
		return nil, p.fault(start, "%s is out of range", v.Text)
	}
	return v, nil
}

func (p *parser) date(start int) (*Value, error) {
	const layout = "2006-01-02T15:04:05Z"
	text := p.text[start:min(start+len(layout), len(p.text))]
	shape := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
	if _, err := time.Parse(layout, text); err != nil || !shape.MatchString(text) {
		return nil, p.fault(start, "a date must be valid and written as %s", layout)
	}
	p.pos = start + len(layout)
	return &Value{Kind: Datetime, Offset: start, Text: text}, nil
}

func (p *parser) array(depth int) (*Value, error) {
	v := &Value{Kind: Array, Offset: p.pos}
	if depth >= maxDepth {
		return nil, p.fault(p.pos, "arrays nest too deep")
	}
	p.pos++
	for {
		p.skipBlank()
		if p.peek() == ']' {
			p.pos++
			return v, nil
		}
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if len(v.Items) > 0 && v.Items[0].Kind != item.Kind {
			return nil, p.fault(item.Offset, "the values of an array must be of one type, not %s and %s", v.Items[0].Kind, item.Kind)
		}
		v.Items = append(v.Items, item)
		p.skipBlank()
		switch r := p.peek(); r {
		case ',':
			p.pos++
		case ']':
		default:
			return nil, p.fault(p.pos, "expected , or ] in an array, found %q", r)
		}
	}
}

// skipBlank skips what may stand between the values of an array.
func (p *parser) skipBlank() {
	for {
		p.skip(" \t\r\n")
		if p.peek() != '#' {
			return
		}
		p.skipComment()
	}
}
