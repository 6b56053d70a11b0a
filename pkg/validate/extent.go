package validate

import (
	"slices"
	"strings"
	"unicode"
)

// extent says where a finding ends that says only where it begins: behind the word, the
// quoted text or the action of a template there. Editors mark that, and text underlines it.
func (p *Package) extent(f *Finding) {
	if f.Line < 1 || f.Col < 1 || f.EndLine > 0 {
		return
	}
	if line := []rune(p.Line(f.file, f.Line)); f.Col <= len(line) {
		f.EndLine, f.EndCol = f.Line, f.Col+extentOf(line[f.Col-1:])
	}
}

// extentOf is how many characters what a line begins with has; the line is not empty.
func extentOf(line []rune) int {
	switch first := line[0]; {
	case first == '"' || first == '\'' || first == '`':
		return quoted(line)
	case strings.HasPrefix(string(line), "{{"):
		if inside, _, ok := strings.Cut(string(line), "}}"); ok {
			return len([]rune(inside)) + len("}}")
		}
	}
	if end := slices.IndexFunc(line, func(r rune) bool { return !inWord(r) }); end > 0 {
		return end
	} else if end < 0 {
		return len(line)
	}
	return 1
}

// quoted is how many characters a quoted text has, its marks included; 1 where it does
// not end on the line.
func quoted(line []rune) int {
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case line[0]:
			return i + 1
		}
	}
	return 1
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-./$@%+~", r)
}
