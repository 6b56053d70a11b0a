package scaffold

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// cut is a part of a pair's text that an action takes the place of.
type cut struct {
	start, stop int
	name, value string // of the parameter; what stands there
}

// turn makes a setting of the pair's text an env parameter. A parameter that
// the cluster has already is used as it is.
func (w *workspace) turn(p *pair, param Param) (notes []string, err error) {
	s, err := findSetting(p.source, []byte(p.text), param.key())
	if err != nil {
		return nil, err
	}
	value, err := p.cut(s, param)
	if err != nil {
		return nil, err
	}
	e, err := inferEnv(param.Name, s.path, value, path.Base(p.source))
	if err != nil {
		return nil, err
	}
	if w.app.Config.Lookup("env."+param.Name) != nil {
		return []string{fmt.Sprintf("parameter %s is there already: its default counts, not the file's %q", param.Name, value)}, nil
	}
	if e.Type == "password" {
		p.secret = true
		notes = append(notes, fmt.Sprintf("%s looks like a secret: it is a password without a default", param.Name))
	}
	if err := w.addEnv(e); err != nil {
		return nil, fmt.Errorf("parameter %q: %w", param.Name, err)
	}
	return notes, nil
}

// cut marks the place of a setting for an action, and returns its value.
func (p *pair) cut(s setting, param Param) (string, error) {
	at := diag.At(p.source, p.text, s.start)
	for _, c := range p.cuts {
		if s.start < c.stop && c.start < s.stop || s.start == c.start {
			return "", diag.Errorf(at, "%q is parameter %s already", s.path, c.name)
		}
		if c.name == param.Name {
			return "", diag.Errorf(at, "parameter %s is %q already", param.Name, c.value)
		}
	}
	value, ok := p.text[s.start:s.stop], true
	if !p.plain {
		value, ok = unescape(value)
	}
	if !ok {
		return "", diag.Errorf(at, "the value of %q is made by the template already", s.path)
	}
	p.cuts = append(p.cuts, cut{s.start, s.stop, param.Name, value})
	return value, nil
}

// unescape is what a part of a template renders to; not ok if actions other than
// those of Escape stand in it.
func unescape(text string) (plain string, ok bool) {
	var s strings.Builder
	for {
		before, rest, found := strings.Cut(text, openBraces)
		s.WriteString(before)
		if !found {
			return s.String(), true
		}
		quoted, after, found := strings.Cut(rest, "}}")
		braces, err := strconv.Unquote(quoted)
		if !found || err != nil || strings.Trim(braces, "{") != "" {
			return "", false
		}
		s.WriteString(braces)
		text = after
	}
}

// result is the template with its actions in place.
func (p *pair) result() string {
	slices.SortFunc(p.cuts, func(a, b cut) int { return a.start - b.start })
	var pieces []piece
	at := 0
	for _, c := range p.cuts {
		pieces = append(pieces, piece{text: p.text[at:c.start], verbatim: !p.plain},
			piece{text: "{{getv " + strconv.Quote("/env/"+c.name) + "}}", verbatim: true})
		at = c.stop
	}
	return templateOf(append(pieces, piece{text: p.text[at:], verbatim: !p.plain}))
}

// save writes both files of the pair.
func (w *workspace) save(ctx context.Context, p *pair) error {
	text := p.result()
	if p.resource == nil {
		if err := p.prove(ctx, text); err != nil {
			return err
		}
		if err := w.create(p.toml, []byte(p.newToml())); err != nil {
			return err
		}
		return w.create(p.template, []byte(text))
	}
	if err := w.replace(p.template, []byte(text)); err != nil {
		return err
	}
	if coversEnv(p.resource) {
		return nil
	}
	tomlText, err := addKey(p.resource, p.tomlText, "/env")
	if err != nil {
		return err
	}
	return w.replace(p.toml, []byte(tomlText))
}

// prove renders the template with the values that stood in the file: the result
// must be the file, byte for byte.
func (p *pair) prove(ctx context.Context, text string) error {
	env := map[string]any{}
	for _, c := range p.cuts {
		env[c.name] = c.value
	}
	store, err := confd.LoadStore(ctx, confd.TreeSource("/self", map[string]any{"env": env}), "/self", []string{"/env"})
	if err != nil {
		return err
	}
	t, err := confd.ParseTemplate(p.template, text, confd.LocalMachine())
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.Render(&out, store); err != nil {
		return err
	}
	if p.plain && out.String() != p.text {
		return fmt.Errorf("the template would not render to %q", p.config.From)
	}
	return nil
}

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
