package shell

import "mvdan.cc/sh/v3/syntax"

// leave notes that a command ends the script, or the function around it, where it is sure
// that it is run: below conditions that are met, and not in a loop or a subshell.
func (w *walker) leave(name string, args int) {
	in := w.around
	if w.open != in.open || w.loops != in.loops {
		return
	}
	switch {
	case name == "return" && len(w.active) > 0:
		w.back = true
	case name == "return", name == "exit", name == "exec" && args > 0:
		w.gone = w.gone || len(w.active) == 0 && w.abroad == 0
	}
}

// around is what is around a function that is being walked.
type around struct {
	open, loops int
}

// inFunction walks the body of a function, up to where it returns.
func (w *walker) inFunction(body *syntax.Stmt) {
	saved := w.around
	w.around = around{w.open, w.loops}
	w.stmt(body)
	w.around, w.back = saved, false
}

// apart walks f as what may end without the script.
func (w *walker) apart(f func()) {
	w.open++
	f()
	w.open--
}
