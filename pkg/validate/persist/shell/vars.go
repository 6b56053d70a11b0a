package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// assign sets a variable. Below a condition that is not known, what it had before may count
// again behind it.
func (w *walker) assign(a *syntax.Assign, exported bool) {
	if key := w.keyOf(a.Index); key != "" && a.Name != nil && a.Value != nil && !w.maybe {
		w.vars[element(a.Name.Value, key)] = w.word(a.Value)
	}
	if a.Name == nil || a.Index != nil {
		return
	}
	name := a.Name.Value
	w.keyed(a)
	w.holds(name, a.Value)
	values := w.assigned(a)
	w.keep(name)
	if len(values) == 0 {
		delete(w.vars, name)
		return
	}
	values = values[:min(len(values), maxValues)]
	for i := range values {
		if values[i].Text == "$_" || w.kinds.hasRole(name) && strings.HasPrefix(values[i].Text, "$") {
			values[i].Text = "$" + name
		}
	}
	w.vars[name] = values
	op := Assign
	if exported {
		op = Env
	}
	for _, v := range values {
		w.emit(Event{Op: op, Name: name, Path: v.Text, At: v.At, Base: v.Base, Use: Place{Offset: int(a.Pos().Offset())}})
	}
}

// keep notes what a variable has before a branch that may not be taken sets it.
func (w *walker) keep(name string) {
	if len(w.branches) == 0 {
		return
	}
	if branch := w.branches[len(w.branches)-1]; branch[name] == nil {
		branch[name] = append([]Value{}, w.vars[name]...)
	}
}

// rejoin has the variables that the last branch set be what they are now or were before it.
func (w *walker) rejoin() {
	last := len(w.branches) - 1
	branch := w.branches[last]
	w.branches = w.branches[:last]
	for name, before := range branch {
		if last > 0 && w.branches[last-1][name] == nil {
			w.branches[last-1][name] = before
		}
		all := slices.Clone(w.vars[name])
		for _, v := range before {
			if !slices.ContainsFunc(all, func(old Value) bool { return old.Text == v.Text }) && len(all) < maxValues {
				all = append(all, v)
			}
		}
		if len(all) > 0 {
			w.vars[name] = all
		}
	}
}

func (w *walker) assigned(a *syntax.Assign) []Value {
	var values []Value
	switch {
	case a.Array != nil:
		for _, e := range a.Array.Elems {
			if e.Value != nil {
				values = append(values, w.fields(e.Value)...)
			}
		}
		return values
	case a.Value == nil:
		return []Value{{At: Place{Offset: int(a.Pos().Offset())}}}
	}
	values = w.word(a.Value)
	if a.Append {
		for i := range values {
			if before := w.first(a.Name.Value); before != "" {
				values[i].Text, values[i].Base = before+values[i].Text, &Value{Text: before}
			}
		}
	}
	return values
}

// keyed notes what an array has below each of its keys: declare -A PORT=([web]=80 [db]=3306).
func (w *walker) keyed(a *syntax.Assign) {
	if a.Array == nil {
		return
	}
	for _, e := range a.Array.Elems {
		if key := w.keyOf(e.Index); key != "" && e.Value != nil {
			w.vars[element(a.Name.Value, key)] = w.word(e.Value)
		}
	}
}

// keyOf is the text of a key, "" where there is none: one with a hyphen is parsed as a
// difference.
func (w *walker) keyOf(key syntax.ArithmExpr) string {
	switch k := key.(type) {
	case *syntax.Word:
		return w.sole(k).Text
	case *syntax.BinaryArithm:
		if x, y := w.keyOf(k.X), w.keyOf(k.Y); k.Op == syntax.Sub && x != "" && y != "" {
			return x + "-" + y
		}
	}
	return ""
}

// element is the variable that what an array has below a key is kept in.
func element(array, key string) string { return array + "[" + key + "]" }

// elementOf is what an array has below a key: below that of the role, where the key is a
// variable about roles that is not known. ok is false where that is not known either; of an
// array that has something for other roles alone there is nothing.
func (w *walker) elementOf(array string, key syntax.ArithmExpr) (values []Value, ok bool) {
	name := w.keyOf(key)
	if !w.isRoleVariable(name) {
		values, ok = w.vars[element(array, name)]
		return values, ok
	}
	for _, r := range w.env.Roles {
		_, some := w.vars[element(array, r)]
		ok = ok || r != "" && some
	}
	return w.vars[element(array, w.env.Role)], ok
}

// first is one value of a variable; "" where it is not known.
func (w *walker) first(name string) string {
	if v := w.vars[name]; len(v) > 0 {
		return v[0].Text
	}
	return ""
}

// declare is export, local, readonly, …
func (w *walker) declare(c *syntax.DeclClause) {
	exported := c.Variant.Value == "export"
	for _, a := range c.Args {
		switch {
		case a.Naked && a.Name != nil && exported:
			for _, v := range w.vars[a.Name.Value] {
				w.emit(Event{Op: Env, Name: a.Name.Value, Path: v.Text, At: v.At})
			}
		case !a.Naked:
			w.assign(a, exported || w.exports(c))
		}
	}
}

// exports reports whether declare has the option -x.
func (w *walker) exports(c *syntax.DeclClause) bool {
	for _, a := range c.Args {
		if a.Naked && a.Value != nil && strings.HasPrefix(a.Value.Lit(), "-") && strings.Contains(a.Value.Lit(), "x") {
			return true
		}
	}
	return false
}
