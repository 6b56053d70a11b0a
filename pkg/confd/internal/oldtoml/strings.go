package oldtoml

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/appimg/appimg/pkg/diag"
)

// quoted reads a string of any of the four kinds.
func (p *parser) quoted() (string, error) {
	start := p.pos
	quote := p.text[start : start+1]
	if strings.HasPrefix(p.text[start:], strings.Repeat(quote, 3)) {
		return p.multiLine(quote)
	}
	p.pos++
	for ; ; p.pos++ {
		switch c := p.text[p.pos]; {
		case c == '\n' || c == '\r':
			return "", p.fault(p.pos, "the string that starts at column %d does not end on its line", p.column(start))
		case c == '\\' && quote == `"`:
			p.pos++ // what follows is no end of the string, and no newline either
			if c := p.text[p.pos]; c == '\n' || c == '\r' {
				return "", p.fault(p.pos-1, "a backslash at the end of the line")
			}
		case c == quote[0]:
			text := p.text[start+1 : p.pos]
			p.pos++
			if quote == "'" {
				return text, nil
			}
			return p.unescape(text, start+1)
		}
	}
}

func (p *parser) column(offset int) int {
	return offset - strings.LastIndexByte(p.text[:offset], '\n')
}

func (p *parser) multiLine(quote string) (string, error) {
	start := p.pos + 3
	end := -1
	for i := start; i < len(p.text) && end < 0; i++ {
		switch {
		case p.text[i] == '\\' && quote == `"`:
			i++
		case strings.HasPrefix(p.text[i:], strings.Repeat(quote, 3)):
			end = i
		}
	}
	if end < 0 {
		return "", p.fault(p.pos, "a string that does not end")
	}
	text := p.text[start:end]
	p.pos = end + 3
	if quote == "'" {
		return strings.TrimPrefix(text, "\n"), nil
	}
	return p.unescape(strings.TrimPrefix(joinLines(text), "\n"), start)
}

// joinLines takes out every backslash at a line's end with the blanks that
// follow. It looks at the text alone, so that of two backslashes the second
// is taken: the old reader does that too.
func joinLines(text string) string {
	parts := strings.Split(text, "\\\n")
	for i := range parts[1:] {
		parts[i+1] = strings.TrimLeftFunc(parts[i+1], unicode.IsSpace)
	}
	return strings.Join(parts, "")
}

// unescape resolves escapes; bytes that are not UTF-8 become U+FFFD. Faults
// are told at offset plus their distance from the start of s, which is exact
// unless lines were joined.
func (p *parser) unescape(s string, offset int) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			r, size := utf8.DecodeRuneInString(s[i:])
			b.WriteRune(r)
			i += size
			continue
		}
		r, size := escape(s[i+1:])
		if size == 0 {
			return "", diag.WithHint(p.fault(offset+i, "an escape that is not one of \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX"),
				`write a text with backslashes, as paths of Windows, in single quotes ('C:\app'), or each backslash twice`)
		}
		b.WriteRune(r)
		i += 1 + size
	}
	return b.String(), nil
}

// escape decodes what follows a backslash; size 0 is no valid escape.
func escape(s string) (r rune, size int) {
	if s == "" {
		return 0, 0
	}
	if i := strings.IndexByte("btnfr\"\\", s[0]); i >= 0 {
		return rune("\b\t\n\f\r\"\\"[i]), 1
	}
	digits := map[byte]int{'u': 4, 'U': 8}[s[0]]
	if digits == 0 || len(s) <= digits {
		return 0, 0
	}
	code, err := strconv.ParseUint(s[1:1+digits], 16, 32)
	if err != nil || code > unicode.MaxRune || !utf8.ValidRune(rune(code)) {
		return 0, 0
	}
	return rune(code), 1 + digits
}
