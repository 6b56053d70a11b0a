package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

// Expand evaluates cluster.json.mustache with the defaults of config.json and
// with set, whose names are dotted paths (env.web.console.enabled; the longest
// keys count) and whose values are text for strings, and JSON for the rest.
// A property without a default gets a stand-in, made from its type, range and
// name, and a note. Errors carry the place in the file.
func (a *App) Expand(set map[string]string) (*Spec, error) {
	if a.cluster == nil {
		err := fmt.Errorf("evaluating %q: no such file", clusterName)
		return nil, diag.WithHint(err, "it describes roles, counts and commands; appimg init shows one")
	}
	op := fmt.Sprintf("evaluating %q", a.ClusterFile)
	if err := firstFault(a.cluster.faults); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if a.Config != nil {
		if err := a.Config.Err(); err != nil {
			return nil, fmt.Errorf("parsing %q: %w", a.ConfigFile, err)
		}
	}
	e := &expander{config: a.Config, set: map[*Property]*jsondoc.Value{}, origin: map[*jsondoc.Value]*Property{}, noted: map[*Property]bool{}}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if err := e.override(name, set[name]); err != nil {
			return nil, err
		}
	}
	doc, err := e.value(a.cluster.doc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	spec, err := readSpec(a.ClusterFile, doc, e)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return spec, nil
}

// expander evaluates expressions.
type expander struct {
	config *Config
	set    map[*Property]*jsondoc.Value
	origin map[*jsondoc.Value]*Property // of values that are a single variable
	noted  map[*Property]bool
	notes  []string
	grown  int // values that variables have brought
}

// maxGrown bounds what variables with lists as their values can bring.
const maxGrown = 1 << 20

func (e *expander) override(name, text string) error {
	p := e.config.Lookup(name)
	if p == nil || p.Group() {
		return e.unknown(diag.Pos{}, name)
	}
	v, err := parseAs(p, text)
	if err != nil {
		return fmt.Errorf("setting %q to %q: %w", name, text, err)
	}
	e.set[p] = v
	return nil
}

// parseAs reads text as a value of the property's type.
func parseAs(p *Property, text string) (*jsondoc.Value, error) {
	v, err := jsondoc.Parse("value", []byte(text))
	switch p.Type {
	case "integer", "number":
		if err != nil || v.Kind != jsondoc.Number {
			return nil, fmt.Errorf("the property is of type %s", p.Type)
		}
		if _, whole := v.Int(); p.Type == "integer" && !whole {
			return nil, fmt.Errorf("the property is of type integer")
		}
		return v, nil
	case "boolean":
		if err != nil || v.Kind != jsondoc.Bool {
			return nil, fmt.Errorf("the property is of type boolean: true or false")
		}
		return v, nil
	case "string", "password", "vxnet", "eip", "service":
		return &jsondoc.Value{Kind: jsondoc.String, Text: text}, nil
	}
	if err != nil {
		return &jsondoc.Value{Kind: jsondoc.String, Text: text}, nil
	}
	return v, nil
}

// unknown says that there is no property called name, and which are near.
func (e *expander) unknown(pos diag.Pos, name string) error {
	if e.config == nil {
		return diag.WithHint(diag.Errorf(pos, "variable %q needs a %s beside %s", name, configName, clusterName),
			"put the %s there that defines it", configName)
	}
	err := fmt.Errorf("%s has no property %q", e.config.File, name)
	if p := e.config.Lookup(name); p != nil {
		err = fmt.Errorf("property %q of %s is a group, not a value", name, e.config.File)
	}
	if !pos.IsZero() {
		err = &diag.Error{Pos: pos, Err: err}
	}
	var paths []string
	for _, p := range e.config.Leaves() {
		paths = append(paths, p.Path)
	}
	return diag.DidYouMean(err, name, paths, fmt.Sprintf("add the property to %s, or name another one", e.config.File))
}

// value evaluates everything in v; places stay those of v.
func (e *expander) value(v *jsondoc.Value) (*jsondoc.Value, error) {
	var err error
	out := *v
	switch v.Kind {
	case jsondoc.Object:
		out.Members = slices.Clone(v.Members)
		for i := range out.Members {
			if out.Members[i].Value, err = e.value(out.Members[i].Value); err != nil {
				return nil, err
			}
		}
	case jsondoc.Array:
		out.Items = slices.Clone(v.Items)
		for i := range out.Items {
			if out.Items[i], err = e.value(out.Items[i]); err != nil {
				return nil, err
			}
		}
	case jsondoc.String:
		out.Text, err = e.text(v)
		return &out, err
	case jsondoc.Mustache:
		return e.expression(v)
	}
	return &out, nil
}

// expression is what v stands for, at v's place.
func (e *expander) expression(v *jsondoc.Value) (*jsondoc.Value, error) {
	if v.Tree.Op == 0 && v.Tree.Var != "" {
		p, val, err := e.variable(v.Tree.Var, v.Tree.Pos)
		if err != nil {
			return nil, err
		}
		if val.Walk(func(*jsondoc.Value) bool { e.grown++; return true }); e.grown > maxGrown {
			return nil, diag.Errorf(v.Pos, "the document grows beyond %d values", maxGrown)
		}
		out := moved(val, v)
		e.origin[out] = p
		return out, nil
	}
	f, err := e.number(v.Tree)
	if err != nil {
		return nil, err
	}
	return moved(&jsondoc.Value{Kind: jsondoc.Number, Text: formatNumber(f)}, v), nil
}

// moved is a copy of v at the place of the expression that stood for it.
func moved(v, at *jsondoc.Value) *jsondoc.Value {
	out := *v
	out.Pos, out.End, out.Start, out.Stop, out.Expr = at.Pos, at.End, at.Start, at.Stop, at.Text
	out.Members = slices.Clone(v.Members)
	for i, m := range v.Members {
		out.Members[i] = jsondoc.Member{Key: m.Key, KeyPos: at.Pos, KeyStart: at.Start, KeyStop: at.Stop, Value: moved(m.Value, at)}
	}
	out.Items = slices.Clone(v.Items)
	for i := range v.Items {
		out.Items[i] = moved(v.Items[i], at)
	}
	return &out
}

// variable is the property that name names, and its value.
func (e *expander) variable(name string, pos diag.Pos) (*Property, *jsondoc.Value, error) {
	p := e.config.Lookup(name)
	if p == nil || p.Group() {
		return nil, nil, e.unknown(pos, name)
	}
	if v, ok := e.set[p]; ok {
		return p, v, nil
	}
	if p.Default != nil && p.Default.Kind != jsondoc.Null {
		return p, p.Default, nil
	}
	v := standIn(p)
	if !e.noted[p] && !alwaysAsked(p) {
		e.noted[p] = true
		e.notes = append(e.notes, fmt.Sprintf("%s: property %s has no default: %s stands in for it (--set %s=…)", p.Pos, p.Path, shown(v), p.Path))
	}
	return p, v, nil
}

// text replaces variables inside a string. A value that is text itself would
// bring its own quotes. What names no property is left as it is.
func (e *expander) text(v *jsondoc.Value) (string, error) {
	rest, out := v.Text, ""
	for {
		start := strings.Index(rest, "{{")
		if start < 0 {
			return out + rest, nil
		}
		stop := strings.Index(rest[start:], "}}")
		if stop < 0 {
			return out + rest, nil
		}
		stop += start + 2
		name := strings.TrimSpace(strings.Trim(rest[start:stop], "{}"))
		if p := e.config.Lookup(name); p == nil || p.Group() {
			e.notes = append(e.notes, fmt.Sprintf("%s: %s inside a string names no property and stays as it is", v.Pos, rest[start:stop]))
			out += rest[:stop]
		} else {
			_, val, err := e.variable(name, v.Pos)
			if err != nil {
				return "", err
			}
			if val.Kind != jsondoc.Number && val.Kind != jsondoc.Bool {
				err := diag.Errorf(v.Pos, "{{%s}} inside a string: its value is %s, which brings its own quotes", name, val.Kind.WithArticle())
				return "", diag.WithHint(err, "write {{%s}} alone, without quotes", name)
			}
			out += rest[:start] + val.Text
		}
		rest = rest[stop:]
	}
}
