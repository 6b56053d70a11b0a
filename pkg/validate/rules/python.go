package rules

import (
	"slices"
	"strings"
)

// unboundName is a name that a function reads before it gives it a value: it is
// the function's own for all of it, and reading it always fails.
type unboundName struct {
	name   string
	offset int
	line   int // offset of the line that binds it
}

// unboundNames are those of all functions of a file.
func unboundNames(text string) []unboundName {
	lines, ok := pyLines(text)
	if !ok {
		return nil
	}
	var out []unboundName
	for i, line := range lines {
		if at := slices.IndexFunc(line.tokens, func(t pyToken) bool { return t.text == "def" }); at == 0 || at == 1 && line.tokens[0].text == "async" {
			if line.tokens[len(line.tokens)-1].text == ":" {
				out = append(out, unboundIn(line, pyBlock(lines[i+1:], line.indent))...)
			}
		}
	}
	return out
}

// pyBlock are the lines that are further in than indent.
func pyBlock(lines []pyLine, indent int) []pyLine {
	for i, l := range lines {
		if l.indent <= indent {
			return lines[:i]
		}
	}
	return lines
}

// unboundIn judges one function: what its lines read and bind in their order,
// without the functions and classes in it. Loops, try and what can change names
// otherwise are left alone.
func unboundIn(def pyLine, body []pyLine) []unboundName {
	bound := map[string]bool{}
	for _, t := range def.tokens {
		bound[t.text] = true // parameters, and what stands with them
	}
	read := map[string]unboundName{}
	var out []unboundName
	careful := -1 // the indent of a loop or try that the line is in
	for i := 0; i < len(body); i++ {
		line := body[i]
		for _, t := range line.tokens {
			switch t.text {
			case "exec", "eval", "locals", "vars", "globals", "NameError", "UnboundLocalError", "nonlocal", "del", "match", "case":
				return nil
			}
		}
		if careful >= 0 && line.indent <= careful {
			careful = -1
		}
		first := line.tokens[0].text
		switch first {
		case "for", "while", "try", "except", "finally", "async":
			if careful < 0 {
				careful = line.indent
			}
		}
		uses, binds, maybe := pyNames(line)
		for _, t := range uses {
			if _, seen := read[t.text]; !seen && !bound[t.text] && careful < 0 {
				read[t.text] = unboundName{t.text, t.offset, 0}
			}
		}
		for _, t := range binds {
			if use, seen := read[t.text]; seen && !bound[t.text] {
				use.line = t.offset
				out = append(out, use)
			}
			bound[t.text] = true
		}
		for _, t := range maybe {
			bound[t.text] = true
		}
		if first == "global" {
			for _, t := range line.tokens {
				bound[t.text] = true
				out = slices.DeleteFunc(out, func(u unboundName) bool { return u.name == t.text })
			}
		}
		if first == "def" || first == "class" || first == "async" && len(line.tokens) > 1 && line.tokens[1].text == "def" {
			i += len(pyBlock(body[i+1:], line.indent))
		}
	}
	return out
}

// pyNames are the names that a line reads, those that it binds, and those of which
// either is possible: where a lambda or the loop of a list has names of its own,
// a type is told, or a statement stands behind its condition.
func pyNames(line pyLine) (uses, binds, maybe []pyToken) {
	t := line.tokens
	first := t[0].text
	scoped := slices.ContainsFunc(t, func(t pyToken) bool {
		return t.text == "lambda" || t.depth > 0 && t.text == "for" || t.text == ":="
	})
	lastEqual, augmented := -1, false
	for i, tok := range t {
		if tok.depth == 0 && strings.HasSuffix(tok.text, "=") && !slices.Contains([]string{"==", "!=", "<=", ">="}, tok.text) {
			lastEqual, augmented = i, tok.text != "="
		}
	}
	switch first {
	case "for", "with", "except", "import", "from", "def", "class", "async", "global", "@":
		return nil, nil, pyWords(t)
	case "print", "assert", "return", "raise", "if", "elif", "while", "yield":
		lastEqual = -1
	}
	if colon := slices.IndexFunc(t, func(t pyToken) bool { return t.depth == 0 && t.text == ":" }); scoped || colon >= 0 && colon < len(t)-1 {
		return nil, nil, pyWords(t)
	}
	brackets := slices.ContainsFunc(t[:max(lastEqual, 0)], func(t pyToken) bool { return t.depth > 0 || strings.ContainsAny(t.text, "([{") })
	for i, tok := range t {
		if !isPyName(tok.text) || i > 0 && t[i-1].text == "." {
			continue
		}
		next := ""
		if i+1 < len(t) {
			next = t[i+1].text
		}
		switch {
		case tok.depth > 0 && next == "=": // the name of an argument
		case i < lastEqual && brackets:
			maybe = append(maybe, tok)
		case i < lastEqual && next != "." && !augmented:
			binds = append(binds, tok)
		case i < lastEqual && next != ".":
			uses, binds = append(uses, tok), append(binds, tok)
		default:
			uses = append(uses, tok)
		}
	}
	return uses, binds, maybe
}

func pyWords(tokens []pyToken) []pyToken {
	return slices.DeleteFunc(slices.Clone(tokens), func(t pyToken) bool { return !isPyName(t.text) })
}

func isPyName(word string) bool {
	if word == "" || !isPyByte(word[0]) || word[0] >= '0' && word[0] <= '9' {
		return false
	}
	switch word {
	case "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from",
		"global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
		"None", "True", "False", "print":
		return false
	}
	return true
}
