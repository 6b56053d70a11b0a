package shell

// leave notes that a command ends the script, where it is sure that it is run: below
// conditions that are met, and not in a function or a subshell.
func (w *walker) leave(name string, args int) {
	if (name == "exit" || name == "exec" && args > 0) && w.open == 0 && w.loops == 0 && len(w.active) == 0 && w.abroad == 0 {
		w.gone = true
	}
}

// apart walks f as what may end without the script.
func (w *walker) apart(f func()) {
	w.open++
	f()
	w.open--
}
