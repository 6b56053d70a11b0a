package doc

import (
	"iter"
	"strings"
)

// Tokens are the words of a text that may name a file, a unit or a script, with the
// places where they begin: letters, digits and _, and what joins them. There are too
// many for a regular expression.
func Tokens(text string, most int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for at := 0; at < len(text) && most > 0; {
			from := at
			for at < len(text) && (OfWord(text[at]) || joins(text[at])) {
				at++
			}
			if at == from {
				at++
				continue
			}
			word := strings.TrimLeft(text[from:at], joiners)
			from = at - len(word)
			if word = strings.TrimRight(word, joiners); len(word) < 2 {
				continue
			}
			if most--; !yield(from, word) {
				return
			}
		}
	}
}

// joiners may stand in a token, but not at its ends.
const joiners = "-./@+"

func joins(c byte) bool { return strings.IndexByte(joiners, c) >= 0 }

// OfWord reports whether a character is a letter, a digit, or _.
func OfWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// HasToken reports whether a word is among the first tokens of a text.
func HasToken(text, word string, most int) bool {
	for _, t := range Tokens(text, most) {
		if t == word {
			return true
		}
	}
	return false
}
