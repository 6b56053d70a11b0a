package diag

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a file. Line and Col count from 1, Col in Unicode code
// points; 0 means unknown. The zero Pos is no place at all.
type Pos struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// IsZero reports whether p is no place at all.
func (p Pos) IsZero() bool { return p == Pos{} }

// String is "file:line:col", shortened to what is known.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
	}
}

// At is the place of the byte offset in text, the content of file. An offset
// outside of text is moved to its nearest end.
func At(file, text string, offset int) Pos {
	offset = max(0, min(offset, len(text)))
	before := text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return Pos{
		File: file,
		Line: strings.Count(before, "\n") + 1,
		Col:  utf8.RuneCountInString(before[start:]) + 1,
	}
}
