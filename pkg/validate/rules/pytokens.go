package rules

import "strings"

// pyLine is a logical line of Python: it goes on inside of brackets.
type pyLine struct {
	indent int
	tokens []pyToken
}

// pyToken is a word or a sign; strings are "" and comments are left out.
type pyToken struct {
	text   string
	offset int
	depth  int // of brackets
}

// pyLines are the logical lines of a text; ok is false where it cannot be read.
func pyLines(text string) (lines []pyLine, ok bool) {
	s := &pyScanner{text: text}
	for i := 0; i < len(text); {
		size := s.take(i)
		if size < 0 {
			return nil, false
		}
		i += size
	}
	s.endLine()
	return s.lines, s.depth == 0
}

// pyScanner takes a text apart.
type pyScanner struct {
	text  string
	lines []pyLine
	now   pyLine
	begun bool // there was more in this line than its indentation
	depth int  // of brackets
}

func (s *pyScanner) add(text string, at int) {
	s.now.tokens = append(s.now.tokens, pyToken{text, at, s.depth})
}

func (s *pyScanner) endLine() {
	if len(s.now.tokens) > 0 {
		s.lines = append(s.lines, s.now)
	}
	s.now, s.begun = pyLine{}, false
}

// take reads what begins at i, and is its length; -1 where it is nothing of Python.
func (s *pyScanner) take(i int) int {
	switch c := s.text[i]; {
	case c == ' ' && !s.begun:
		s.now.indent++
		return 1
	case c == '\t' && !s.begun:
		s.now.indent += 8 - s.now.indent%8
		return 1
	case c == '\n':
		if s.depth == 0 {
			s.endLine()
		}
		return 1
	}
	s.begun = true
	rest := s.text[i:]
	switch c := rest[0]; {
	case c == ' ' || c == '\t' || c == '\r' || c == '\f':
		return 1
	case c == '#':
		if end := strings.IndexByte(rest, '\n'); end >= 0 {
			return end
		}
		return len(rest)
	case c == '\\' && strings.HasPrefix(strings.TrimPrefix(rest[1:], "\r"), "\n"):
		return strings.IndexByte(rest, '\n') + 1
	case c == '"' || c == '\'':
		s.add("", i)
		return pyString(rest)
	case isPyByte(c):
		return s.word(i)
	}
	return s.sign(i)
}

func (s *pyScanner) word(i int) int {
	end := i
	for end < len(s.text) && isPyByte(s.text[end]) {
		end++
	}
	word := s.text[i:end]
	quoted := end < len(s.text) && (s.text[end] == '"' || s.text[end] == '\'')
	if prefix := len(word) <= 2 && strings.Trim(strings.ToLower(word), "rbuft") == ""; !quoted || !prefix {
		s.add(word, i)
	}
	return len(word)
}

func (s *pyScanner) sign(i int) int {
	size := pySign(s.text[i:])
	sign := s.text[i : i+size]
	if strings.ContainsAny(sign, ")]}") {
		s.depth--
	}
	if s.depth < 0 {
		return -1
	}
	s.add(sign, i)
	if strings.ContainsAny(sign, "([{") {
		s.depth++
	}
	if sign == ";" && s.depth == 0 {
		indent := s.now.indent
		s.endLine()
		s.now.indent, s.begun = indent, true
	}
	return size
}

// pyString is the length of the string that text begins with, -1 if it does not end.
func pyString(text string) int {
	mark := text[:1]
	if strings.HasPrefix(text, strings.Repeat(mark, 3)) {
		mark = text[:3]
	}
	for i := len(mark); i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == '\n' && len(mark) == 1:
			return -1
		case strings.HasPrefix(text[i:], mark):
			return i + len(mark)
		}
	}
	return -1
}

// pySign is the length of the operator that text begins with.
func pySign(text string) int {
	for _, sign := range []string{"**=", "//=", ">>=", "<<=", "==", "!=", "<=", ">=", ":=", "->", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "<>"} {
		if strings.HasPrefix(text, sign) {
			return len(sign)
		}
	}
	return 1
}

func isPyByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
