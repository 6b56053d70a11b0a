package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// mayBeFirst reports whether a pattern may match the first argument of the script: not where
// only other roles' commands say it, or it is known what the role's do.
func (w *walker) mayBeFirst(p *syntax.Word) bool {
	pattern := w.one(p).Text
	if slices.Contains(w.env.Skip, pattern) {
		return false
	}
	return w.env.Asked == nil || slices.ContainsFunc(w.env.Asked, func(word string) bool { return w.equal(word, pattern).truth != no })
}

// hasFirst reports whether it is known that the script may have a first argument.
func (w *walker) hasFirst() bool {
	return len(w.active) == 0 && slices.ContainsFunc(w.env.Asked, func(word string) bool { return word != "" })
}

// dispatch walks the functions that the script's first argument may name, where that is what
// it runs: "$1" "${@:2}".
func (w *walker) dispatch(k call) {
	if k.name != "$1" && k.name != "$@" || len(w.active) > 0 || w.env.Asked == nil {
		return
	}
	w.sent = true
	for _, name := range w.env.Asked {
		if body := w.funcs[name]; body != nil && !w.walked[name] {
			w.enter(name, body, nil)
		}
	}
}

// unasked reports whether nothing has a function run: the script runs what its first argument
// names, which is another one, and nothing in it speaks of the function. Those that other
// scripts may call are left out.
func (w *walker) unasked(name string) bool {
	return w.sent && len(w.env.Library) == 0 && !slices.Contains(w.env.Asked, name) && strings.Count(w.text, name) < 2
}
