package validate

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// suggestion puts a name in place of the word that stands at, or behind, the
// place of a finding.
func suggestion(f *Finding, word, name string) *Repair {
	line, col := f.Line, f.Col
	return &Repair{File: f.file, Suggestion: true, Apply: func(data []byte) ([]byte, error) {
		start, end := lineOf(data, line)
		at := wordIn(string(data[start:end]), word, col)
		if at < 0 {
			return data, nil // mended already
		}
		at += start
		return bytes.Join([][]byte{data[:at], data[at+len(word):]}, []byte(name)), nil
	}}
}

// lineOf is where line n (from 1) of data begins and ends.
func lineOf(data []byte, n int) (start, end int) {
	for range n - 1 {
		next := bytes.IndexByte(data[start:], '\n')
		if next < 0 {
			return len(data), len(data)
		}
		start += next + 1
	}
	end = len(data)
	if next := bytes.IndexByte(data[start:], '\n'); next >= 0 {
		end = start + next
	}
	return start, end
}

// wordIn is the offset of a word as a whole in a line, from a column on; -1
// where it is not there.
func wordIn(line, word string, col int) int {
	from := 0
	for n := 1; n < col && from < len(line); n++ {
		_, size := utf8.DecodeRuneInString(line[from:])
		from += size
	}
	for {
		i := strings.Index(line[from:], word)
		if i < 0 {
			return -1
		}
		at := from + i
		if !partOfWord(line, at-1) && !partOfWord(line, at+len(word)) {
			return at
		}
		from = at + 1
	}
}

// partOfWord reports whether a name may have the byte at i.
func partOfWord(line string, i int) bool {
	if i < 0 || i >= len(line) {
		return false
	}
	c := line[i]
	return c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= utf8.RuneSelf
}
