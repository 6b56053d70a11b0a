package rules

import (
	"fmt"
	"path"
	"strings"
)

// isNginx reports whether a file is configuration of nginx, by its path.
func isNginx(dest string) bool {
	if path.Ext(dest) != ".conf" {
		return false
	}
	for _, step := range strings.Split(strings.ToLower(dest), "/") {
		switch step {
		case "nginx", "openresty", "tengine", "nginx.conf":
			return true
		}
	}
	return false
}

// nginxFault finds what nginx's own reader of words stops at: braces and
// semicolons that are missing or too many, quotes that do not end. Blocks of Lua
// have a reader of their own: a file with one is taken as it is.
func nginxFault(content string) (line int, why string) {
	if strings.Contains(content, "_by_lua_block") {
		return 0, ""
	}
	l := nginxReader{line: 1}
	for i := range len(content) {
		if why := l.take(content[i]); why != "" {
			return l.line, why
		}
		if content[i] == '\n' {
			l.line++
		}
	}
	switch {
	case l.quote != 0:
		return l.begun, fmt.Sprintf("a quote %c does not end", l.quote)
	case l.words > 0 || l.inWord:
		return l.begun, `the last directive does not end: ";" is missing`
	case len(l.open) > 0:
		return l.open[len(l.open)-1], `a block does not end: "}" is missing`
	}
	return 0, ""
}

// nginxReader is where in a file nginx is: it takes a character at a time, and
// "{", "}" and "#" mean something only between words.
type nginxReader struct {
	line, begun int   // the line it is in, and the one that the directive began in
	open        []int // lines of blocks that are open
	words       int   // of the directive so far
	inWord      bool
	quote       byte // that the word began with; 0: none
	closed      bool // a quoted word has just ended
	escaped     bool // a backslash was before
	dollar      bool // a $ was before
	comment     bool
}

// take goes on by one character; why says what nginx would refuse.
func (l *nginxReader) take(c byte) (why string) {
	switch {
	case l.comment:
		l.comment = c != '\n'
	case l.escaped:
		l.escaped = false
	case l.inWord:
		return l.inside(c)
	default:
		return l.between(c)
	}
	return ""
}

// inside takes a character of a word.
func (l *nginxReader) inside(c byte) string {
	variable := l.dollar && c == '{'
	l.dollar = c == '$'
	switch {
	case variable:
	case c == '\\':
		l.escaped = true
	case l.quote != 0:
		if c == l.quote {
			l.inWord, l.quote, l.closed = false, 0, true
			l.words++
		}
	case isSpace(c), c == ';', c == '{':
		l.inWord = false
		l.words++
		return l.between(c)
	}
	return ""
}

// between takes a character between words.
func (l *nginxReader) between(c byte) string {
	closed := l.closed
	l.closed = false
	switch {
	case isSpace(c):
		return ""
	case closed && c != ';' && c != '{' && c != ')': // if ($x = "y") is fine
		return fmt.Sprintf("%q stands right behind a quote", c)
	}
	switch c {
	case ';', '{':
		if l.words == 0 {
			return fmt.Sprintf("%q without a directive before it", c)
		}
		if l.words = 0; c == '{' {
			l.open = append(l.open, l.begun)
		}
	case '}':
		switch {
		case l.words > 0:
			return `"}" stands where ";" is missing before it`
		case len(l.open) == 0:
			return `"}" closes no block`
		}
		l.open = l.open[:len(l.open)-1]
	case '#':
		l.comment = true
	default:
		if l.words == 0 {
			l.begun = l.line
		}
		l.inWord, l.escaped, l.dollar = true, c == '\\', c == '$'
		if c == '"' || c == '\'' {
			l.quote = c
		}
	}
	return ""
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
