package shell

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// substitute is what a command prints, where that is a matter of text alone.
func (w *walker) substitute(c *syntax.CmdSubst) []Value {
	calls := simpleCalls(c.Stmts)
	switch len(calls) {
	case 0: // $([ "$ROLE" = master ] && echo true || echo false)
		s := &saying{walker: w}
		s.stmts(c.Stmts)
		return s.said()
	case 1:
		if name := calls[0].Args[0].Lit(); w.funcs[name] != nil || w.lent[name] != nil {
			if said := w.saidBy(name, calls[0].Args[1:]); said[0].Text != "$_" {
				return said
			}
		}
		return w.printed(calls[0])
	case 2: // cd folder && pwd
		if calls[0].Args[0].Lit() == "cd" && calls[1].Args[0].Lit() == "pwd" && len(calls[0].Args) > 1 {
			if dir := w.target(w.one(calls[0].Args[len(calls[0].Args)-1]).Text); dir != "" {
				return text(dir)
			}
		}
	}
	return text("$_")
}

// simpleCalls are the commands of statements that are nothing but commands, one
// after the other; nil where there is more to them.
func simpleCalls(stmts []*syntax.Stmt) []*syntax.CallExpr {
	var out []*syntax.CallExpr
	for _, s := range stmts {
		switch c := s.Cmd.(type) {
		case *syntax.CallExpr:
			if len(c.Args) == 0 {
				return nil
			}
			out = append(out, c)
		case *syntax.BinaryCmd:
			if c.Op != syntax.AndStmt {
				return nil
			}
			both := simpleCalls([]*syntax.Stmt{c.X, c.Y})
			if both == nil {
				return nil
			}
			out = append(out, both...)
		default:
			return nil
		}
	}
	return out
}

// printed is what one command prints.
func (w *walker) printed(call *syntax.CallExpr) []Value {
	switch name := call.Args[0].Lit(); {
	case name == "pwd" && w.dir != "":
		return text(w.dir)
	case name == "hostname":
		return text("$hostname")
	case len(call.Args) < 2 && w.isRoleVariable("$"+name): // $(get_role)
		return text("$role")
	case len(call.Args) < 2:
		return text("$_")
	}
	last := w.one(call.Args[len(call.Args)-1])
	switch call.Args[0].Lit() {
	case "dirname":
		if strings.Contains(last.Text, "/") && !strings.HasPrefix(last.Text, "$") {
			return []Value{{Text: path.Dir(last.Text), At: last.At}}
		}
	case "cat":
		if isRoleFile(last.Text) {
			return text("$role")
		}
	case "basename":
		return text(path.Base(last.Text))
	case "echo", "printf", "readlink", "realpath":
		if len(call.Args) == 2 || call.Args[1].Lit() == "-f" || call.Args[1].Lit() == "-n" {
			return []Value{last}
		}
	}
	return text("$_")
}

// changeDir is cd.
func (w *walker) changeDir(k call) {
	to := last(k)
	w.dir, w.into = w.target(to.Text), nil
	if v := to.variable(); w.dir != "" && v != nil && v.Text == w.dir {
		w.into = v
	}
	if w.dir == "" {
		delete(w.vars, "PWD")
		return
	}
	w.vars["PWD"] = text(w.dir)
}

// target is where cd leads to; "" where that is not known.
func (w *walker) target(to string) string {
	switch {
	case strings.HasPrefix(to, "/") && !strings.Contains(to, "$"):
		return path.Clean(to)
	case w.dir != "" && to != "-" && !strings.ContainsAny(to, "$~"):
		return path.Join(w.dir, to)
	}
	return ""
}

// absolute is the path of an event that writes something: a relative one counts
// from the folder that the script has changed to.
func (w *walker) absolute(e Event) string {
	switch e.Op {
	case Mkdir, Append, Write, Touch, Copy, Container, Made:
	case Link:
		if w.dir == "" || strings.Contains(e.Path, ".") && len(e.Path) < 3 {
			return e.Path
		}
	default:
		return e.Path
	}
	if w.dir == "" || e.Path == "" || strings.IndexByte("/$~-&", e.Path[0]) >= 0 || e.Op == Container && e.Path[0] != '.' {
		return e.Path
	}
	return path.Join(w.dir, e.Path)
}

// source takes over what a file sets, which replaces what the script has set
// before.
func (w *walker) source(k call) {
	if w.env.Files == nil || len(k.args) == 0 {
		return
	}
	for name, values := range w.env.Files(path.Base(k.args[0].Text)) {
		w.vars[name] = values
	}
}
