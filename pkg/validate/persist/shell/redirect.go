package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// redirects tells where the output of a statement goes. k is its command, nil
// where it is a compound.
func (w *walker) redirects(s *syntax.Stmt, k *call) {
	written := Value{}
	for _, r := range s.Redirs {
		op, ok := redirection(r)
		if !ok {
			continue
		}
		if w.substituted(r.Word) {
			continue
		}
		for _, v := range w.word(r.Word) {
			if r.Op == syntax.DplOut && (v.Text == "-" || strings.Trim(v.Text, "0123456789") == "") {
				continue
			}
			written = v
			if k == nil || k.body == nil {
				w.written(s, op, v, k, r.N == nil || r.N.Value == "1")
			}
		}
	}
	if k != nil && k.body != nil {
		w.bodyOf(*k, written, s)
	}
}

// substituted walks the commands of >(…), that output goes to.
func (w *walker) substituted(word *syntax.Word) bool {
	found := false
	for _, p := range word.Parts {
		if p, ok := p.(*syntax.ProcSubst); ok {
			w.apart(func() { w.stmts(p.Stmts) })
			found = true
		}
	}
	return found
}

func redirection(r *syntax.Redirect) (Op, bool) {
	switch r.Op {
	case syntax.RdrOut, syntax.RdrAll, syntax.RdrClob, syntax.DplOut:
		return Write, true
	case syntax.AppOut, syntax.AppAll:
		return Append, true
	}
	return 0, false
}

// written tells of a file that output goes to, and of what echo puts there.
func (w *walker) written(s *syntax.Stmt, op Op, v Value, k *call, output bool) {
	e := Event{Op: op, Path: v.Text, At: v.At, Use: v.use(), Base: v.Base}
	if k == nil {
		if output && op == Write && w.bears(printed(s)) {
			w.made(call{}, v, "a secret")
			return
		}
	} else {
		if clears(*k) && op == Write {
			return
		}
		if output && (w.secret || newSecret(*k) || w.bears(printed(s)) || k.name == "cat" && w.product(*k, k.args)) {
			w.made(*k, v, "a secret")
			return
		}
		e.Command, e.Dump = k.name, output && (w.dump || dumps(*k))
		if n := len(k.args); n > 0 && output && packs(k.name) {
			e.From = w.here(k.args[n-1].Text)
		}
		if output && (k.name == "echo" || k.name == "printf") {
			w.echoed(*k, v, op == Write)
		}
	}
	w.emit(e)
}

// clears reports whether a command prints nothing: its file is emptied.
func clears(k call) bool {
	switch k.name {
	case "", ":", "true":
		return true
	case "cat":
		return len(k.args) == 1 && k.args[0].Text == "/dev/null"
	case "echo", "printf":
		for _, a := range k.args {
			if a.Text != "" && a.Text != "-n" {
				return false
			}
		}
		return true
	}
	return false
}

// echoed tells the lines that echo puts into a file.
func (w *walker) echoed(k call, file Value, whole bool) {
	text, at := said(k)
	if at >= 0 {
		w.emit(Event{Op: Content, Path: file.Text, At: file.At, Use: file.use(), Base: file.Base, Text: text, TextAt: at, Whole: whole, Command: k.name})
	}
}
