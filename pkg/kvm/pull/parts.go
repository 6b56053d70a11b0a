package pull

import "strings"

// split gives an edited text back to the parts that it was made of: old are the
// parts, each with a line end after it in the text. ok is false where it cannot
// be told which part some of the text belongs to.
func split(old []string, text string) (parts []string, ok bool) {
	if parts, ok := splitOne(old, text); ok {
		return parts, true
	}
	return splitBetween(old, text)
}

// splitOne is for an edit within one part: all others stand where they stood.
func splitOne(old []string, text string) ([]string, bool) {
	before := ""
	for i, p := range old {
		after := "\n" + joined(old[i+1:])
		if len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after) {
			out := append([]string{}, old...)
			out[i] = text[len(before) : len(text)-len(after)]
			return out, true
		}
		before += p + "\n"
	}
	return nil, false
}

// splitBetween holds on to the parts that are still there, in their order; what
// is between two of them is the one part that was there.
func splitBetween(old []string, text string) ([]string, bool) {
	out := append([]string{}, old...)
	at, open := 0, -1 // where the last known part ends; the changed part behind it
	for i, p := range old {
		found := -1
		if strings.TrimSpace(p) != "" {
			found = strings.Index(text[at:], p+"\n")
		}
		switch {
		case found < 0 && open >= 0:
			return nil, false // two neighbours changed
		case found < 0:
			open = i
			continue
		case open < 0 && found > 0:
			return nil, false // text that no part can have
		}
		if open >= 0 {
			changed, ended := strings.CutSuffix(text[at:at+found], "\n")
			if !ended {
				return nil, false
			}
			out[open], open = changed, -1
		}
		at += found + len(p) + 1
	}
	if open >= 0 {
		changed, ended := strings.CutSuffix(text[at:], "\n")
		out[open], at = changed, len(text)
		if !ended {
			return nil, false
		}
	}
	return out, at == len(text)
}

func joined(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p + "\n")
	}
	return b.String()
}
