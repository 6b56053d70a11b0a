package gather

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// Bounds of what is rendered beside the defaults of an app.
const (
	maxVaried   = 600     // renderings
	maxVariants = 200     // that are read
	maxWritten  = 4 << 20 // bytes that they have
)

// parameter is one that a template's text may hang on, with the values that it can
// have beside the one that it has.
type parameter struct {
	name   string
	values []string
}

// Varied is a file as a role gets it when parameters are other than by default.
type Varied struct {
	*doc.Doc
	Base *doc.Doc // the same by default
}

// vary renders a pair with other values of the parameters that its template decides
// by, or that may be paths: each alone, then all together, since one may hang on
// another.
func (g *gathering) vary(ctx context.Context, r *validate.Rendering, o *validate.Output, base *doc.Doc) {
	list := g.parameters(r, o, base)
	if len(list) == 0 {
		return
	}
	v := variation{g: g, ctx: ctx, r: r, o: o, base: base, seen: map[string]bool{}}
	v.fresh(base.Text)
	for _, p := range list {
		for _, value := range p.values {
			v.try([]choice{{p.name, value}})
		}
	}
	for i := range maxTogether {
		var sets []choice
		more := false
		for _, p := range list {
			more = more || i < len(p.values)
			sets = append(sets, choice{p.name, p.values[min(i, len(p.values)-1)]})
		}
		if len(sets) > 1 && more {
			v.try(sets)
		}
	}
}

// maxTogether bounds how many values of all parameters are tried together.
const maxTogether = 3

// choice is a value of a parameter.
type choice struct{ name, value string }

// variation is one pair for one role.
type variation struct {
	g    *gathering
	ctx  context.Context
	r    *validate.Rendering
	o    *validate.Output
	base *doc.Doc
	seen map[string]bool // lines
	memo confd.Memo      // of what parameters leave as it is
}

// fresh notes the lines of a text, and are those that were not there before and may
// say something.
func (v *variation) fresh(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !v.seen[line] {
			v.seen[line] = true
			if strings.ContainsAny(line, `/\`) || v.base.Format == reader.Shell && assigns(line) {
				out = append(out, line)
			}
		}
	}
	return out
}

// assigns reports whether a line of a script sets a variable.
func assigns(line string) bool {
	name, _, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
	return ok && name != "" && !strings.ContainsAny(name, " \t\"'$(-.[")
}

// try renders with other values, and keeps what comes of it where that is new.
func (v *variation) try(sets []choice) {
	d := v.render(sets)
	if d == nil || d.Text == v.base.Text {
		return
	}
	fresh := v.fresh(d.Text)
	if len(fresh) == 0 {
		return
	}
	for i := 0; i < len(sets) && len(sets) > 1; { // which of them bring it about
		fewer := slices.Delete(slices.Clone(sets), i, i+1)
		if other := v.render(fewer); other != nil && hasLines(other.Text, fresh) {
			sets, d = fewer, other
		} else {
			i++
		}
	}
	v.g.varied = append(v.g.varied, Varied{d, v.base})
}

func hasLines(text string, lines []string) bool {
	have := map[string]bool{}
	for line := range strings.Lines(text) {
		have[strings.TrimSpace(line)] = true
	}
	return !slices.ContainsFunc(lines, func(line string) bool { return !have[line] })
}

// render is what the pair becomes with other values; nil where it becomes nothing,
// or where enough has been rendered.
func (v *variation) render(sets []choice) *doc.Doc {
	g := v.g
	if g.tried++; g.tried > maxVaried || g.varying > maxWritten || len(g.varied) >= maxVariants || v.ctx.Err() != nil {
		return nil
	}
	self := v.r.Cluster.Self(v.o.Node)
	var said []string
	for _, s := range sets {
		self = with(self, []string{"env", s.name}, s.value)
		said = append(said, fmt.Sprintf("%s = %q", s.name, s.value))
	}
	store, content := g.again(v.ctx, v.r, v.o, self, nil, &v.memo)
	if store == nil || strings.TrimSpace(content) == "" {
		return nil
	}
	g.varying += len(content)
	d := anotherDoc(v.o, v.base.Role, store, content)
	d.Rel, d.Given = v.base.Rel, strings.Join(said, ", ")
	return d
}

// parameters are those of a role that a pair's text may hang on.
func (g *gathering) parameters(r *validate.Rendering, o *validate.Output, base *doc.Doc) []parameter {
	if o.Pair.Source == nil || g.Package.App.Config == nil {
		return nil
	}
	env, _ := r.Cluster.Self(o.Node)["env"].(map[string]any)
	if base.MadeUp {
		env = g.passedOn(env, base.Role.Name)
	}
	actions := g.actionsOf(o.Pair)
	var out []parameter
	for _, name := range slices.Sorted(maps.Keys(env)) {
		uses := usesOf(actions, name)
		if !uses.any {
			continue
		}
		property := g.property(name, base.Role.Name)
		if property == nil {
			continue
		}
		now := fmt.Sprint(env[name])
		values := slices.DeleteFunc(valuesOf(property, uses), func(v string) bool {
			return v == now || !uses.decides && !strings.Contains(v, "/") && !(base.Format == reader.Shell && isSwitch(property))
		})
		if len(values) > 0 {
			out = append(out, parameter{name, values})
		}
	}
	return out
}

// passedOn are the parameters that a role has, and those that it would have if
// cluster.json.mustache passed them on.
func (g *gathering) passedOn(env map[string]any, role string) map[string]any {
	out := map[string]any{}
	for _, p := range g.leaves() {
		if strings.HasPrefix(p.Path, "env.") {
			out[p.Key] = g.madeUp([]string{"env", p.Key}, role)
		}
	}
	maps.Copy(out, env)
	return out
}

// valuesOf are the values of a parameter that are worth a try. One that may be
// empty, and is by default, is also something.
func valuesOf(p *app.Property, u uses) []string {
	values := validate.Choices(p)
	if len(values) == 0 && u.decides && p.Type != "boolean" && (p.Default == nil || p.Default.Text == "") {
		values = []string{"x"}
	}
	return values
}

// isSwitch reports whether a parameter chooses between a few words.
func isSwitch(p *app.Property) bool {
	if p.Type == "boolean" {
		return true
	}
	return p.Type == "string" && len(p.Range) > 0 && len(p.Range) <= 4
}

// property is the parameter of config.json that a key of env is called like: that of
// the role's own group, if there is one.
func (g *gathering) property(name, role string) *app.Property {
	var found *app.Property
	for _, p := range g.leaves() {
		if p.Key != name || !strings.HasPrefix(p.Path, "env.") && !strings.Contains(p.Path, ".env.") {
			continue
		}
		if role != "" && strings.Contains("."+p.Path, "."+role+".") {
			return p
		}
		if found == nil {
			found = p
		}
	}
	return found
}

func (g *gathering) leaves() []*app.Property {
	if g.properties == nil {
		g.properties = g.Package.App.Config.Leaves()
	}
	return g.properties
}

// action is one {{…}} of a template.
type action struct {
	text    string
	decides bool // it decides what follows, or is kept in a variable that may
}

func (g *gathering) actionsOf(p *validate.Pair) []action {
	list, ok := g.actions[p]
	if !ok {
		list = actionsIn(string(p.Source.Text))
		g.actions[p] = list
	}
	return list
}

func actionsIn(text string) []action {
	var out []action
	for {
		_, rest, ok := strings.Cut(text, "{{")
		if !ok {
			return out
		}
		inner, after, ok := strings.Cut(rest, "}}")
		if !ok {
			return out
		}
		word, _, _ := strings.Cut(strings.TrimLeft(inner, "- \t"), " ")
		switch {
		case strings.HasPrefix(word, "/*"):
		case strings.Contains(inner, `"`):
			decides := word == "if" || word == "else" || word == "with" || word == "range" || word == "template" || strings.HasPrefix(word, "$") && strings.Contains(inner, "=")
			out = append(out, action{inner, decides})
		}
		text = after
	}
}

// uses is what a template does with a parameter.
type uses struct{ any, decides bool }

func usesOf(actions []action, name string) uses {
	var u uses
	for _, a := range actions {
		if (!u.any || a.decides && !u.decides) && mentions(a.text, name) {
			u.any = true
			u.decides = u.decides || a.decides
		}
	}
	return u
}

// mentions reports whether an action has a name as a whole: as a key's last part, or
// as a text of its own.
func mentions(text, name string) bool {
	for {
		_, rest, ok := strings.Cut(text, name)
		if !ok {
			return false
		}
		before := text[:len(text)-len(rest)-len(name)]
		if (strings.HasSuffix(before, "/") || strings.HasSuffix(before, `"`)) && (rest == "" || strings.ContainsAny(rest[:1], `"/ `)) {
			return true
		}
		text = rest
	}
}
