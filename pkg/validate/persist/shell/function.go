package shell

import (
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// positions is how many arguments of a function are followed.
const positions = 9

// enter walks a function with its arguments.
func (w *walker) enter(name string, body *syntax.Stmt, args []Value) {
	w.walked[name] = true
	if w.depth > maxDepth*6 || w.entered(name) {
		return
	}
	saved, guards, alive, there := w.arguments(), w.guards, w.alive, w.there
	w.setArguments(args)
	w.active = append(w.active, name)
	w.inFunction(body)
	w.active, w.guards, w.alive, w.there = w.active[:len(w.active)-1], guards, alive, there
	for key, v := range saved {
		w.vars[key] = v
	}
}

// arguments are the variables of the arguments: $1, $2, …, and $@.
func (w *walker) arguments() map[string][]Value {
	out := map[string][]Value{"@": w.vars["@"], "*": w.vars["*"]}
	for i := 1; i <= positions; i++ {
		out[strconv.Itoa(i)] = w.vars[strconv.Itoa(i)]
	}
	return out
}

func (w *walker) setArguments(args []Value) {
	var all []Value
	for i := 1; i <= positions; i++ {
		key := strconv.Itoa(i)
		delete(w.vars, key)
		if i <= len(args) && !strings.HasPrefix(args[i-1].Text, "$") {
			a := args[i-1]
			a.arg = true
			w.vars[key] = []Value{a}
			all = append(all, a)
		} else if i <= len(args) && w.isRoleVariable(args[i-1].Text) {
			w.vars[key] = text("$role")
		}
	}
	w.vars["@"], w.vars["*"] = all[:min(len(all), maxValues)], nil
}

// shift moves the arguments up by one.
func (w *walker) shift(call) {
	for i := 1; i <= positions; i++ {
		w.vars[strconv.Itoa(i)] = w.vars[strconv.Itoa(i+1)]
	}
	if all := w.vars["@"]; len(all) > 0 {
		w.vars["@"] = all[1:]
	}
}

// skips reports whether a function is called like what only other roles' commands say, or
// has it for a part of its name: start_$1, with another role's argument.
func (w *walker) skips(name string) bool {
	if slices.Contains(w.env.Skip, name) {
		return true
	}
	return slices.ContainsFunc(strings.Split(name, "_"), func(part string) bool { return slices.Contains(w.env.Skip, part) })
}

// ofOther reports whether a function is called like another role (start_broker), and
// not like this one.
func (w *walker) ofOther(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return c == '_' || c == '-' })
	if len(words) < 2 || slices.Contains(words, strings.ToLower(w.env.Role)) {
		return false
	}
	return slices.ContainsFunc(w.env.Roles, func(r string) bool { return r != "" && slices.Contains(words, strings.ToLower(r)) })
}

// given marks a place in the script that calls a function of another one.
type given struct{}

// borrow takes over the functions of another script.
func (w *walker) borrow(f *syntax.File) {
	syntax.Walk(f, func(n syntax.Node) bool {
		if d, ok := n.(*syntax.FuncDecl); ok && d.Name != nil && len(w.lent) < 500 {
			if w.lent == nil {
				w.lent = map[string]*syntax.Stmt{}
			}
			w.lent[d.Name.Value] = d.Body
		}
		w.surveyKinds(n)
		return true
	})
}

// enterLent walks a function of another script: what it does with the paths that
// it is given is done here. The rest is told where that script is walked.
func (w *walker) enterLent(name string, body *syntax.Stmt, args []Value) {
	marked := make([]Value, len(args))
	for i, a := range args {
		if a.At.Source == nil {
			a.At.Source = given{}
		}
		marked[i] = a
	}
	vars := w.vars
	w.vars = make(map[string][]Value, len(vars))
	for k, v := range vars {
		w.vars[k] = v
	}
	w.abroad++
	w.enter(name, body, marked)
	w.abroad--
	w.vars = vars
}

// home makes an event of another script's function one of this script; false
// where it has nothing to do with what the function is given.
func home(e *Event) bool {
	switch e.Op {
	case Content, Script, Assign, Env:
		return false
	}
	place := e.At
	if _, ok := place.Source.(given); !ok && e.Base != nil {
		place = e.Base.At
	}
	if _, ok := place.Source.(given); !ok {
		return false
	}
	e.At = Place{Offset: place.Offset}
	e.Use, e.Base = e.At, nil
	return true
}
