package shell

import (
	"maps"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// saidBy is what a function prints whose output a script asks for, as in $(services): where
// it does nothing but say words, and all conditions around them are known.
func (w *walker) saidBy(name string, words []*syntax.Word) []Value {
	body := w.funcs[name]
	if body == nil {
		body = w.lent[name]
	}
	if w.inquiries >= maxInquiries || w.asked[name] {
		return text("$_")
	}
	w.inquiries++
	w.asked[name] = true
	defer delete(w.asked, name)

	var args []Value
	for _, word := range words {
		args = append(args, w.fields(word)...)
	}
	saved := w.vars
	w.vars = maps.Clone(w.vars)
	w.setArguments(args)
	s := &saying{walker: w}
	s.stmt(body)
	w.vars = saved
	return s.said()
}

// saying goes through a function that says words.
type saying struct {
	*walker
	words []Value
	over  bool // it has returned
	lost  bool // it does more than that, or nobody knows which words
}

func (s *saying) said() []Value {
	if s.lost || len(s.words) == 0 {
		return text("$_")
	}
	var texts []string
	for _, v := range s.words {
		texts = append(texts, v.Text)
	}
	one := s.words[0]
	one.Text = strings.Join(texts, " ")
	return []Value{one}
}

func (s *saying) stmts(list []*syntax.Stmt) {
	for _, one := range list {
		if s.stmt(one); s.over || s.lost {
			return
		}
	}
}

func (s *saying) stmt(one *syntax.Stmt) {
	if s.steps++; len(one.Redirs) > 0 || s.steps > s.limit || len(s.words) > maxValues*4 {
		s.lost = true
		return
	}
	switch c := one.Cmd.(type) {
	case *syntax.Block:
		s.stmts(c.Stmts)
	case *syntax.IfClause:
		s.ifClause(c)
	case *syntax.CaseClause:
		s.caseClause(c)
	case *syntax.BinaryCmd:
		s.either(c)
	case *syntax.CallExpr:
		s.call(c)
	case *syntax.TestClause:
	default:
		s.lost = true
	}
}

func (s *saying) call(c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		s.lost = true
		return
	}
	switch c.Args[0].Lit() {
	case "echo":
		for _, word := range c.Args[1:] {
			s.words = append(s.words, s.fields(word)...)
		}
	case "return":
		s.over = true
	case ":", "true", "false", "[", "test":
	default:
		s.lost = true
	}
}

// either is a && b, and a || b.
func (s *saying) either(c *syntax.BinaryCmd) {
	a := s.ask(c.X)
	if a.truth == unknown || c.Op != syntax.AndStmt && c.Op != syntax.OrStmt {
		s.lost = true
		return
	}
	if _, ok := c.X.Cmd.(*syntax.BinaryCmd); ok { // a && echo b || echo c
		s.stmt(c.X)
	}
	if (a.truth == yes) == (c.Op == syntax.AndStmt) {
		s.stmt(c.Y)
	}
}

func (s *saying) ifClause(c *syntax.IfClause) {
	if len(c.Cond) == 0 { // else
		s.stmts(c.Then)
		return
	}
	switch a := s.ask(c.Cond[len(c.Cond)-1]); {
	case a.truth == unknown || len(c.Cond) > 1:
		s.lost = true
	case a.truth == yes:
		s.stmts(c.Then)
	case c.Else != nil:
		s.ifClause(c.Else)
	}
}

func (s *saying) caseClause(c *syntax.CaseClause) {
	subject := s.subject(c)
	for _, item := range c.Items {
		switch a := s.matches(subject, item.Patterns); {
		case a.truth == yes || a.truth == unknown && isAny(item):
			s.stmts(item.Stmts)
			return
		case a.truth == unknown:
			s.lost = true
			return
		}
	}
}

// isAny reports whether an item of a case is for all that is left.
func isAny(item *syntax.CaseItem) bool {
	return len(item.Patterns) == 1 && item.Patterns[0].Lit() == "*"
}
