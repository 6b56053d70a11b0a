package shell

import "mvdan.cc/sh/v3/syntax"

// leave notes that a command ends the script, the function around it, or a turn of the loop,
// where it is sure that it is run: below conditions that are met, and not in a subshell.
func (w *walker) leave(name string, args int) {
	if name == "continue" && args == 0 {
		w.next = w.around.looping && w.open == w.around.lap
		return
	}
	if w.open != w.around.open || w.loops != w.around.loops {
		return
	}
	switch {
	case name == "return" && len(w.active) > 0:
		w.back = true
	case name == "return", name == "exit", name == "exec" && args > 0:
		w.gone = w.gone || len(w.active) == 0 && w.abroad == 0
	}
}

// around is what is around the function that is walked, and around the turn of its loop.
type around struct {
	open, loops int
	looping     bool
	lap         int // conditions that are not known
}

// inFunction walks the body of a function, up to where it returns.
func (w *walker) inFunction(body *syntax.Stmt) {
	saved := w.around
	w.around = around{open: w.open, loops: w.loops}
	w.stmt(body)
	w.around, w.back = saved, false
}

// turn walks the body of a loop, up to where it goes on with the next turn.
func (w *walker) turn(body []*syntax.Stmt) {
	saved := w.around
	w.around.looping, w.around.lap = true, w.open
	w.stmts(body)
	w.around, w.next = saved, false
}

// left reports whether the script, its function or the turn of its loop has ended.
func (w *walker) left() bool { return w.gone || w.back || w.next }

// apart walks f as what may end without the script.
func (w *walker) apart(f func()) {
	w.open++
	f()
	w.open--
}
