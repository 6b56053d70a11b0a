package scaffold

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// newToml is the toml of a new pair. It fetches just what the template reads.
func (p *pair) newToml() string {
	c := p.config
	mode, keys := c.Mode, ""
	if mode == "" {
		mode = "0644"
	}
	if len(c.Params) > 0 {
		keys = `"/env"`
	}
	lines := []string{
		"[template]",
		"src = " + quote(path.Base(strings.ReplaceAll(p.template, `\`, "/"))),
		"dest = " + quote(c.Dest),
		"mode = " + quote(mode),
	}
	if m := owner.FindStringSubmatch(c.Owner); m != nil {
		lines = append(lines, "uid = "+m[1])
		if m[2] != "" {
			lines = append(lines, "gid = "+m[2])
		}
	}
	lines = append(lines, "keys = ["+keys+"]")
	if c.Check != "" {
		lines = append(lines, "check_cmd = "+quote(c.Check))
	}
	if c.Reload != "" {
		lines = append(lines, "reload_cmd = "+quote(c.Reload))
	}
	return strings.Join(lines, "\n") + "\n"
}

// coversEnv reports whether the pair fetches /env.
func coversEnv(r *confd.Resource) bool {
	return slices.ContainsFunc(r.Keys, func(key string) bool {
		clean := path.Clean("/" + key)
		return clean == "/" || clean == "/env"
	})
}

// addKey adds a key to the toml of r; formatting and comments stay.
func addKey(r *confd.Resource, text, key string) (string, error) {
	at := r.Pos("keys")
	if at.IsZero() {
		line := max(1, r.Pos("src").Line)
		lines := strings.SplitAfter(text, "\n")
		indent := lines[line-1][:len(lines[line-1])-len(strings.TrimLeft(lines[line-1], " \t"))]
		return strings.Join(slices.Insert(lines, line-1, indent+"keys = ["+quote(key)+"]\n"), ""), nil
	}
	open, stop, last := arraySpan(text, lineStart(text, at.Line))
	if stop < 0 {
		return "", diag.Errorf(at, "keys is no list")
	}
	if last == open { // nothing in it
		return text[:open+1] + quote(key) + text[open+1:], nil
	}
	separator := ", "
	if lead := text[:last]; strings.Contains(text[open:last], "\n") {
		begin := strings.LastIndexByte(lead, '\n') + 1
		separator = ",\n" + lead[begin:begin+len(lead[begin:])-len(strings.TrimLeft(lead[begin:], " \t"))]
	}
	return text[:last] + separator + quote(key) + text[last:], nil
}

func lineStart(text string, line int) int {
	start := 0
	for range line - 1 {
		start += strings.IndexByte(text[start:], '\n') + 1
	}
	return start
}

// arraySpan is the first array from offset on: its brackets, and the end of its
// last item (open itself if it has none). stop is -1 where there is no array.
func arraySpan(text string, offset int) (open, stop, last int) {
	open, stop = -1, -1
	quoted, comment := false, false
	for i := offset; i < len(text); i++ {
		switch c := text[i]; {
		case comment:
			comment = c != '\n'
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
			if !quoted {
				last = i + 1
			}
		case quoted:
		case c == '#':
			comment = true
		case c == '[' && open < 0:
			open, last = i, i
		case c == ']' && open >= 0:
			return open, i, last
		}
	}
	return open, stop, last
}
