package shell

import (
	"maps"

	"mvdan.cc/sh/v3/syntax"
)

// askFunction is the answer of a function that is there to give one: what its tests say of
// its arguments, is_role() { [ "$ROLE" = "$1" ]; }; else what its name tells.
func (w *walker) askFunction(name string, args []*syntax.Word) answer {
	body := w.funcs[name]
	if body == nil {
		body = w.lent[name]
	}
	if body == nil || w.entered(name) {
		return w.asksState(name)
	}
	saved := w.arguments()
	defer func() {
		maps.Copy(w.vars, saved)
		w.active = w.active[:len(w.active)-1]
	}()
	w.setArguments(w.values(args))
	w.active = append(w.active, name)
	p := predicate{w: w}
	if a := p.stmt(body, func(status answer) answer { return status }); a.truth != unknown || a.role {
		return a
	}
	return w.asksState(name)
}

// predicate follows a function to the status that it ends with. What goes on behind a
// statement is handed its status: of an unknown test both ways are followed.
type predicate struct {
	w     *walker
	forks int
}

// maxForks bounds the unknown tests of one function.
const maxForks = 30

func (p *predicate) stmts(list []*syntax.Stmt, last answer, then func(answer) answer) answer {
	if len(list) == 0 {
		return then(last)
	}
	if c, ok := list[0].Cmd.(*syntax.CallExpr); ok && len(c.Args) > 0 && c.Args[0].Lit() == "return" {
		return p.returned(c.Args[1:], last)
	}
	return p.stmt(list[0], func(status answer) answer { return p.stmts(list[1:], status, then) })
}

func (p *predicate) stmt(s *syntax.Stmt, then func(answer) answer) answer {
	if p.w.steps++; p.w.steps > p.w.limit {
		return answer{}
	}
	if s.Negated {
		plain := then
		then = func(status answer) answer { return plain(status.not()) }
	}
	switch c := s.Cmd.(type) {
	case *syntax.Block:
		return p.stmts(c.Stmts, answer{truth: yes}, then)
	case *syntax.IfClause:
		return p.ifClause(c, then)
	case *syntax.CaseClause:
		return p.items(p.w.subject(c), c.Items, then)
	case *syntax.BinaryCmd:
		if c.Op == syntax.AndStmt || c.Op == syntax.OrStmt {
			return p.binary(c, then)
		}
	case *syntax.DeclClause:
		p.recall(c.Args)
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			p.recall(c.Assigns)
		} else if c.Args[0].Lit() == "return" {
			return p.returned(c.Args[1:], answer{})
		}
	}
	return then(p.w.ask(s))
}

// returned is what return gives: its own status, or that of what was before it.
func (p *predicate) returned(args []*syntax.Word, last answer) answer {
	if len(args) == 0 {
		return last
	}
	switch status := p.w.sole(args[0]).Text; {
	case status == "$?":
		return last
	case status == "0":
		return answer{truth: yes}
	case status != "" && status[0] >= '1' && status[0] <= '9':
		return answer{truth: no}
	}
	return answer{}
}

func (p *predicate) ifClause(c *syntax.IfClause, then func(answer) answer) answer {
	met := func() answer { return p.stmts(c.Then, answer{truth: yes}, then) }
	if len(c.Cond) == 0 { // else
		return met()
	}
	return p.stmts(c.Cond, answer{}, func(status answer) answer {
		return p.fork(status, met, func() answer {
			if c.Else == nil {
				return then(answer{truth: yes})
			}
			return p.ifClause(c.Else, then)
		})
	})
}

func (p *predicate) binary(c *syntax.BinaryCmd, then func(answer) answer) answer {
	return p.stmt(c.X, func(status answer) answer {
		goesOn := func() answer { return p.stmts([]*syntax.Stmt{c.Y}, status, then) }
		if c.Op == syntax.OrStmt {
			return p.fork(status, func() answer { return then(answer{truth: yes}) }, goesOn)
		}
		return p.fork(status, goesOn, func() answer { return then(answer{truth: no}) })
	})
}

func (p *predicate) items(subject Value, items []*syntax.CaseItem, then func(answer) answer) answer {
	if len(items) == 0 {
		return then(answer{truth: yes})
	}
	met := func() answer { return p.stmts(items[0].Stmts, answer{truth: yes}, then) }
	if len(items[0].Patterns) == 1 && items[0].Patterns[0].Lit() == "*" { // what is left
		return met()
	}
	return p.fork(p.w.matches(subject, items[0].Patterns), met, func() answer { return p.items(subject, items[1:], then) })
}

// recall sets the variables of a function again: another call may have been walked since.
func (p *predicate) recall(assigns []*syntax.Assign) {
	for _, a := range assigns {
		if a.Name != nil && a.Index == nil && !a.Naked {
			p.w.vars[a.Name.Value] = p.w.assigned(a)
		}
	}
}

// fork is the answer of one of two ways, or of both.
func (p *predicate) fork(status answer, met, unmet func() answer) answer {
	switch {
	case status.truth == yes:
		return met()
	case status.truth == no:
		return unmet()
	case !status.test || p.forks == maxForks:
		return answer{role: status.role}
	}
	p.forks++
	x, y := met(), unmet()
	switch {
	case x.truth == yes && y.truth == no:
		return status
	case x.truth == no && y.truth == yes:
		return status.not()
	}
	out := answer{test: true, role: status.role || x.role || y.role}
	if x.truth == y.truth {
		out.truth = x.truth
	}
	return out
}
