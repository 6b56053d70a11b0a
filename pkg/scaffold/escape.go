package scaffold

import "strings"

// A template is made of pieces: text that is to appear as it is, and parts of
// templates.
type piece struct {
	text     string
	verbatim bool // a part of a template
}

const openBraces = "{{"

// templateOf is the template that renders to the pieces, byte for byte: braces
// of the text that would open an action become actions that print them.
func templateOf(pieces []piece) string {
	var s strings.Builder
	for i, p := range pieces {
		text := p.text
		if !p.verbatim {
			text = strings.ReplaceAll(text, openBraces, `{{"{{"}}`)
		}
		// A brace at the end and the two of an action would open it too early.
		if rest, ok := strings.CutSuffix(text, "{"); ok && i+1 < len(pieces) {
			text = rest + `{{"{"}}`
		}
		s.WriteString(text)
	}
	return s.String()
}
