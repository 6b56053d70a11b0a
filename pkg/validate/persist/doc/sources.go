package doc

import (
	"path"
	"strings"
)

// sourced is a file that a script reads with `.` or source.
type sourced struct {
	base string
	args []string // the words behind its name
}

// Sources are the names of the scripts that a script reads with `.` or source.
func Sources(text string) []string {
	var out []string
	for _, s := range readings(text) {
		out = append(out, s.base)
	}
	return out
}

// ReadWith are the words behind the name of a file, for each time that it is read.
func ReadWith(text, base string) [][]string {
	var out [][]string
	for _, s := range readings(text) {
		if s.base == base {
			out = append(out, s.args)
		}
	}
	return out
}

// maxSources bounds how many files a script may read.
const maxSources = 50

// readings finds what a script reads.
func readings(text string) []sourced {
	var out []sourced
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") || !strings.Contains(line, ". ") && !strings.Contains(line, ".\t") && !strings.Contains(line, "source") {
			continue
		}
		words := shellWords(line)
		for i, word := range words {
			if (word == "." || word == "source") && i+1 < len(words) && len(out) < maxSources {
				out = append(out, sourced{path.Base(strings.Trim(words[i+1], `"'`)), untilEnd(words[i+2:])})
			}
		}
	}
	return out
}

// untilEnd are the words of a command up to what ends it.
func untilEnd(words []string) []string {
	for i, w := range words {
		if strings.ContainsAny(w[:1], ";|&<>#)}") || strings.Contains(w, ">") {
			return words[:i]
		}
	}
	return words
}

// shellWords are the words of a line, with $(…) and quotes kept together, and ; apart.
func shellWords(line string) []string {
	var out []string
	start, depth, quote := -1, 0, byte(0)
	for i := 0; i <= len(line); i++ {
		end := i == len(line) || depth == 0 && quote == 0 && strings.IndexByte(" \t\r\n;", line[i]) >= 0
		if end {
			if start >= 0 {
				out = append(out, line[start:i])
			}
			if start = -1; i < len(line) && line[i] == ';' {
				out = append(out, ";")
			}
			continue
		}
		if start < 0 {
			start = i
		}
		switch c := line[i]; {
		case c == '(' && i > 0 && line[i-1] == '$' && quote != '\'':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return out
}
