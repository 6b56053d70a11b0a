package app

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// tomlPlaces finds the place of each key of a TOML file that is well formed
// (the decoder says what is not, but keeps no places of keys). Keys inside
// inline tables are left out.
func tomlPlaces(file, text string) map[string]diag.Pos {
	s := &tomlScanner{text: text}
	places := map[string]diag.Pos{}
	line, at := 1, 0 // place of at is line; only moves forward
	add := func(offset int, key []string) {
		line += strings.Count(text[at:offset], "\n")
		at = offset
		start := strings.LastIndexByte(text[:offset], '\n') + 1
		name := strings.Join(key, ".")
		if _, ok := places[name]; !ok {
			places[name] = diag.Pos{File: file, Line: line, Col: len([]rune(text[start:offset])) + 1}
		}
	}
	var table []string
	item := "" // of a list of tables: what the keys of this one have before them
	items := map[string]int{}
	for s.nextLine() {
		start := s.i
		if s.take('[') {
			list := s.take('[')
			s.blanks()
			start = s.i
			table, item = s.key(), ""
			add(start, table)
			if name := strings.Join(table, "."); list {
				item = fmt.Sprintf("%s[%d]", name, items[name])
				items[name]++
				add(start, []string{item})
			}
			continue
		}
		key := s.key()
		if len(key) == 0 {
			continue
		}
		add(start, append(table[:len(table):len(table)], key...))
		if item != "" {
			add(start, append([]string{item}, key...))
		}
		s.blanks()
		if s.take('=') {
			s.value()
		}
	}
	return places
}

type tomlScanner struct {
	text    string
	i       int
	started bool
}

func (s *tomlScanner) take(c byte) bool {
	if s.i < len(s.text) && s.text[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *tomlScanner) blanks() {
	for s.i < len(s.text) && (s.text[s.i] == ' ' || s.text[s.i] == '\t') {
		s.i++
	}
}

// nextLine moves to the first thing on the next line that has something.
func (s *tomlScanner) nextLine() bool {
	if s.started {
		s.skipTo("\n")
	}
	s.started = true
	for s.i < len(s.text) {
		s.i += len(s.text[s.i:]) - len(strings.TrimLeft(s.text[s.i:], " \t\r\n"))
		if s.i == len(s.text) || s.text[s.i] != '#' {
			break
		}
		s.skipTo("\n")
	}
	return s.i < len(s.text)
}

// skipTo moves behind the next end, or to the end of the text.
func (s *tomlScanner) skipTo(end string) {
	n := strings.Index(s.text[s.i:], end)
	if n < 0 {
		s.i = len(s.text)
		return
	}
	s.i += n + len(end)
}

// key reads a dotted key; parts may be quoted.
func (s *tomlScanner) key() []string {
	var parts []string
	for {
		s.blanks()
		start := s.i
		switch {
		case s.take('"'), s.take('\''):
			s.i = start
			s.quoted()
			parts = append(parts, unquoteTOML(s.text[start:s.i]))
		default:
			for s.i < len(s.text) && strings.IndexByte(" \t\r\n.=]#", s.text[s.i]) < 0 {
				s.i++
			}
			if s.i == start {
				return parts
			}
			parts = append(parts, s.text[start:s.i])
		}
		s.blanks()
		if !s.take('.') {
			return parts
		}
	}
}

func unquoteTOML(quoted string) string {
	if text, err := strconv.Unquote(quoted); err == nil && quoted[0] == '"' {
		return text
	}
	return strings.Trim(quoted, `"'`)
}

// quoted skips a string of any of the four kinds.
func (s *tomlScanner) quoted() {
	q := s.text[s.i : s.i+1]
	if triple := strings.Repeat(q, 3); strings.HasPrefix(s.text[s.i:], triple) {
		s.i += 3
		s.untilQuote(triple, q == `"`)
		for s.take(q[0]) { // up to two quotes may stand before the closing three
		}
		return
	}
	s.i++
	s.untilQuote(q, q == `"`)
}

func (s *tomlScanner) untilQuote(end string, escapes bool) {
	for s.i < len(s.text) {
		switch {
		case escapes && s.text[s.i] == '\\':
			s.i = min(s.i+2, len(s.text))
		case strings.HasPrefix(s.text[s.i:], end):
			s.i += len(end)
			return
		default:
			s.i++
		}
	}
}

// value skips a value up to what ends it on its last line.
func (s *tomlScanner) value() {
	depth := 0
	for s.i < len(s.text) {
		switch c := s.text[s.i]; c {
		case '"', '\'':
			s.quoted()
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '#':
			s.skipTo("\n")
			s.i--
			if s.text[s.i] != '\n' {
				s.i++
			}
			continue
		case '\n':
			if depth <= 0 {
				return
			}
		}
		s.i++
	}
}
