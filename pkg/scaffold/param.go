package scaffold

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// Param says that a setting of the file becomes an env parameter.
type Param struct {
	Name string // of the parameter
	Key  string // in the file; "" is Name
}

// ParseParam reads NAME or NAME=KEY.
func ParseParam(text string) Param {
	name, key, _ := strings.Cut(text, "=")
	return Param{name, key}
}

func (p Param) key() string {
	if p.Key != "" {
		return p.Key
	}
	return p.Name
}

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
// those of templateOf stand in it.
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
