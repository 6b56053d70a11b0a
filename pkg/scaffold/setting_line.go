package scaffold

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

var (
	sectionLine = lazyregexp.New(`^\s*\[+\s*["']?([^\]"']+?)["']?\s*\]+\s*$`)
	blockLine   = lazyregexp.New(`^\s*([A-Za-z_][\w.-]*)\b[^#;]*\{\s*$`)
	settingLine = lazyregexp.New(`^\s*(?:export\s+|set\s+)?["']?([A-Za-z_][\w.\-/\[\]]*)["']?(?:\s*[=:]\s*|\s+)`)
)

// lineSettings reads properties, ini, toml, shell variables, and the "key value"
// of redis.conf or nginx.conf. In properties a # within a line is text.
func lineSettings(data []byte, properties bool) []setting {
	var out []setting
	var section string
	var blocks []string
	for _, l := range linesOf(data) {
		switch text := strings.TrimSpace(l.text); {
		case text == "" || strings.HasPrefix(text, "//") || strings.ContainsRune("#;!", rune(text[0])):
		case sectionLine.MatchString(l.text):
			section, blocks = sectionLine.FindStringSubmatch(l.text)[1], nil
		case blockLine.MatchString(l.text):
			blocks = append(blocks, blockLine.FindStringSubmatch(l.text)[1])
		case text[0] == '}':
			blocks = blocks[:max(0, len(blocks)-1)]
		default:
			if s, ok := lineSetting(data, l, properties); ok {
				s.path = joinPath(append([]string{section}, blocks...), s.path)
				out = append(out, s)
			}
		}
	}
	return out
}

func lineSetting(data []byte, l line, properties bool) (setting, bool) {
	m := settingLine.FindStringSubmatchIndex(l.text)
	if m == nil {
		return setting{}, false
	}
	stop := len(l.text)
	if !properties {
		stop = m[1] + valueEnd(l.text[m[1]:])
	}
	s := setting{path: l.text[m[2]:m[3]]}
	s.start, s.stop = unquoted(data, l.start+m[1], l.start+stop)
	return s, true
}

// valueEnd is where a value ends: before a comment behind it, and before the
// semicolon or comma that closes the line.
func valueEnd(text string) int {
	var quote byte
	for i := range len(text) {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case (c == '#' || c == ';') && (i == 0 || isBlank(text[i-1])):
			return i
		}
	}
	trimmed := strings.TrimRight(text, " \t")
	if strings.HasSuffix(trimmed, ";") || strings.HasSuffix(trimmed, ",") {
		return len(trimmed) - 1
	}
	return len(text)
}
