package scaffold

import (
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/lazyregexp"
)

var yamlLine = lazyregexp.New(`^([ ]*(?:- +)*)(?:"([^"]*)"|'([^']*)'|([^\s#"'\[\]{},&*!|>%@` + "`" + `][^#:]*?))\s*:(?:[ \t]+|$)`)

// level is a key of a yaml file that values or keys may lie below.
type level struct {
	indent int
	key    string
}

// yamlSettings reads block style yaml: scalars at the ends of nested keys. Block
// scalars, flow collections, anchors and aliases are no settings.
func yamlSettings(data []byte) []setting {
	var out []setting
	var above []level
	block := -1 // indentation of the key whose block scalar is being skipped
	for _, l := range linesOf(data) {
		indent := len(l.text) - len(strings.TrimLeft(l.text, " "))
		if strings.TrimSpace(l.text) == "" || block >= 0 && indent > block {
			continue
		}
		block = -1
		m := yamlLine.FindStringSubmatchIndex(l.text)
		if m == nil {
			continue
		}
		indent = m[3]
		for len(above) > 0 && above[len(above)-1].indent >= indent {
			above = above[:len(above)-1]
		}
		key, value := yamlKey(l.text, m), strings.TrimSpace(l.text[m[1]:])
		switch {
		case value == "" || value[0] == '#':
			above = append(above, level{indent, key})
		case strings.ContainsRune("|>", rune(value[0])):
			block = indent
		case strings.ContainsRune("[{&*!", rune(value[0])):
		default:
			s := setting{path: joinPath(keysOf(above), key)}
			s.start, s.stop = unquoted(data, l.start+m[1], l.start+m[1]+yamlEnd(l.text[m[1]:]))
			out = append(out, s)
		}
	}
	return out
}

func yamlKey(text string, m []int) string {
	for i := 4; i < len(m); i += 2 {
		if m[i] >= 0 {
			return text[m[i]:m[i+1]]
		}
	}
	return ""
}

func keysOf(above []level) []string {
	var keys []string
	for _, l := range above {
		keys = append(keys, l.key)
	}
	return keys
}

// yamlEnd is where a scalar ends: a comment begins with a # behind white space.
func yamlEnd(text string) int {
	if text[0] == '"' || text[0] == '\'' {
		if end := strings.IndexByte(text[1:], text[0]); end >= 0 {
			return end + 2
		}
	}
	if i := strings.Index(text, " #"); i >= 0 {
		return i
	}
	return len(text)
}

var (
	xmlComment   = lazyregexp.New(`(?s)<!--.*?-->`)
	xmlProperty  = lazyregexp.New(`(?s)<name>\s*([^<]*?)\s*</name>\s*(?:<[a-z]+>[^<]*</[a-z]+>\s*)*?<value>([^<]*)</value>`)
	xmlAttribute = lazyregexp.New(`\b(?:name|key)\s*=\s*"([^"]*)"\s+(?:[\w:-]+\s*=\s*"[^"]*"\s+)*?value\s*=\s*"([^"]*)"`)
	xmlElement   = lazyregexp.New(`<([A-Za-z_][\w.-]*)>([^<]*)</([A-Za-z_][\w.-]*)>`)
)

// xmlSettings reads <name>KEY</name><value>…</value>, name="KEY" value="…", and
// plain elements: <KEY>…</KEY>. Comments do not count.
func xmlSettings(data []byte) []setting {
	text := xmlComment.ReplaceAllFunc(data, func(c []byte) []byte { return []byte(strings.Repeat(" ", len(c))) })
	var out []setting
	add := func(key, value []int) {
		s := setting{path: string(text[key[0]:key[1]])}
		s.start, s.stop = value[0], value[1]
		out = append(out, s)
	}
	for _, form := range []*lazyregexp.Regexp{xmlProperty, xmlAttribute} {
		for _, m := range form.FindAllSubmatchIndex(text, -1) {
			add(m[2:4], m[4:6])
		}
	}
	for _, m := range xmlElement.FindAllSubmatchIndex(text, -1) {
		name := string(text[m[2]:m[3]])
		if name == string(text[m[6]:m[7]]) && name != "name" && name != "value" {
			add(m[2:4], m[4:6])
		}
	}
	return out
}

// jsonSettings are the scalars of a JSON file. What is no JSON, being a template
// already, is read by lines.
func jsonSettings(name string, data []byte) []setting {
	doc, err := jsondoc.Parse(name, data)
	if err != nil {
		return lineSettings(data, false)
	}
	var out []setting
	var walk func(v *jsondoc.Value, above []string)
	walk = func(v *jsondoc.Value, above []string) {
		for _, m := range v.Members {
			if m.Value.Kind == jsondoc.Object {
				walk(m.Value, append(above[:len(above):len(above)], m.Key))
				continue
			}
			if m.Value.Kind != jsondoc.Array {
				s := setting{path: joinPath(above, m.Key)}
				s.start, s.stop = unquoted(data, m.Value.Start, m.Value.Stop)
				out = append(out, s)
			}
		}
	}
	walk(doc, nil)
	return out
}
