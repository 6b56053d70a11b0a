package sshconfig

import (
	"errors"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

const blanks = " \t\f\r\n"

// line is one directive: its keyword in lower case, and the rest as written.
type line struct {
	pos     diag.Pos
	keyword string
	rest    string
}

// parse reads the directives of a file; it knows no meaning of any.
func parse(file, text string) []line {
	var out []line
	for i, raw := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		s := strings.Trim(raw, blanks)
		if s == "" || s[0] == '#' {
			continue
		}
		word, rest := cutKeyword(s)
		col := strings.Index(raw, s[:1]) + 1
		out = append(out, line{diag.Pos{File: file, Line: i + 1, Col: col}, strings.ToLower(word), rest})
	}
	return out
}

// cutKeyword cuts at white space with at most one "=" in it. A keyword may be in quotes.
func cutKeyword(s string) (word, rest string) {
	if s[0] == '"' {
		if word, rest, ok := strings.Cut(s[1:], `"`); ok {
			return word, trimSeparator(rest)
		}
	}
	if i := strings.IndexAny(s, blanks+"="); i >= 0 {
		return s[:i], trimSeparator(s[i:])
	}
	return s, ""
}

func trimSeparator(s string) string {
	s = strings.TrimLeft(s, blanks)
	if after, ok := strings.CutPrefix(s, "="); ok {
		s = strings.TrimLeft(after, blanks)
	}
	return s
}

// words splits the arguments of a directive: quotes hold blanks together, a
// backslash before a quote, a blank outside of quotes or a backslash is taken
// away, and a word that begins with "#" ends the line.
func words(s string) ([]string, error) {
	var out []string
	for {
		s = strings.TrimLeft(s, blanks)
		if s == "" || s[0] == '#' {
			return out, nil
		}
		word, rest, err := nextWord(s)
		if err != nil {
			return nil, err
		}
		out, s = append(out, word), rest
	}
}

func nextWord(s string) (word, rest string, err error) {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && escapes(s[i+1], quote):
			i++
			b.WriteByte(s[i])
		case quote == 0 && strings.IndexByte(" \t", c) >= 0:
			return b.String(), s[i:], nil
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", "", errors.New("a quote is not closed")
	}
	return b.String(), "", nil
}

func escapes(c, quote byte) bool {
	return c == '"' || c == '\'' || c == '\\' || (quote == 0 && c == ' ')
}
