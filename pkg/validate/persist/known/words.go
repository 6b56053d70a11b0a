package known

import (
	"strings"
	"unicode"
)

// Words are the words of a name, in lower case: log_file, logFile, LOG-FILE and
// log.file are log and file.
func Words(name string) []string {
	var out []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
	}
	wasLower := false
	for _, c := range name {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			flush()
		case unicode.IsUpper(c) && wasLower:
			flush()
			fallthrough
		default:
			word.WriteRune(unicode.ToLower(c))
		}
		wasLower = unicode.IsLower(c)
	}
	flush()
	return out
}
