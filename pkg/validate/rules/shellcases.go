package rules

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// firstWords are the patterns of the case by which a shell script chooses by
// its first argument. They are nil where a script has no such case, or may do
// something with other words too.
func firstWords(file *syntax.File) []string {
	if file == nil {
		return nil
	}
	c := cases{names: map[string]bool{"1": true}, funcs: map[string]*syntax.FuncDecl{}}
	for _, stmt := range file.Stmts {
		if fn, ok := stmt.Cmd.(*syntax.FuncDecl); ok && fn.Name != nil {
			c.funcs[fn.Name.Value] = fn
		}
	}
	for _, stmt := range file.Stmts {
		c.stmt(stmt)
	}
	if c.open || c.seen != 1 {
		return nil
	}
	return c.patterns
}

// admits reports whether one of a case's patterns takes a word. The last
// resort, *, does not count.
func admits(patterns []string, word string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, word)
		return ok || err != nil
	})
}

// cases follows the statements of a script that are not in functions.
type cases struct {
	names    map[string]bool // that hold the first argument
	funcs    map[string]*syntax.FuncDecl
	shifted  bool // $@ is the rest
	seen     int  // cases of it
	patterns []string
	open     bool // it may be used in other ways
}

func (c *cases) stmt(stmt *syntax.Stmt) {
	switch cmd := stmt.Cmd.(type) {
	case *syntax.FuncDecl:
		return // what it does with its own arguments is no matter of the script's
	case *syntax.CaseClause:
		if c.isFirst(cmd.Word) {
			c.clause(cmd)
			return
		}
	case *syntax.CallExpr:
		if len(cmd.Args) == 0 {
			c.assign(cmd.Assigns)
			return
		}
		if c.passes(cmd.Args) {
			return
		}
	case *syntax.DeclClause:
		c.assign(cmd.Args)
		return
	}
	c.open = c.open || c.uses(stmt)
}

// passes follows a shift, and a function that gets all arguments: main "$@".
func (c *cases) passes(args []*syntax.Word) bool {
	name := constant(args[0])
	if name == "shift" && len(args) == 1 {
		delete(c.names, "1")
		c.shifted = true
		return true
	}
	fn := c.funcs[name]
	if fn == nil || len(args) != 2 || c.shifted || !isAll(args[1]) {
		return false
	}
	body, ok := fn.Body.Cmd.(*syntax.Block)
	if !ok {
		return false
	}
	delete(c.funcs, name) // once
	for _, stmt := range body.Stmts {
		c.stmt(stmt)
	}
	return true
}

// isAll reports whether a word is "$@".
func isAll(w *syntax.Word) bool {
	if len(w.Parts) != 1 {
		return false
	}
	quoted, ok := w.Parts[0].(*syntax.DblQuoted)
	if !ok || len(quoted.Parts) != 1 {
		return false
	}
	p, ok := quoted.Parts[0].(*syntax.ParamExp)
	return ok && p.Param != nil && p.Param.Value == "@" && p.Exp == nil && p.Slice == nil
}

func (c *cases) assign(list []*syntax.Assign) {
	for _, a := range list {
		if a.Name != nil && a.Value != nil && c.isFirst(a.Value) {
			c.names[a.Name.Value] = true
		}
	}
}

func (c *cases) clause(cmd *syntax.CaseClause) {
	c.seen++
	for _, item := range cmd.Items {
		c.open = c.open || item.Op != syntax.Break
		for _, pattern := range item.Patterns {
			text := constant(pattern)
			switch text {
			case "":
				c.open = c.open || !isEmptyWord(pattern)
			case "*":
				for _, stmt := range item.Stmts {
					c.open = c.open || c.uses(stmt)
				}
			default:
				c.patterns = append(c.patterns, text)
			}
		}
	}
}

// isEmptyWord reports whether a word is a pair of quotes with nothing in it.
func isEmptyWord(w *syntax.Word) bool {
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.SglQuoted:
			if part.Value != "" {
				return false
			}
		case *syntax.DblQuoted:
			if len(part.Parts) > 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// isFirst reports whether a word is the first argument: $1, "$1", "${1:-x}",
// or a variable that holds it.
func (c *cases) isFirst(w *syntax.Word) bool {
	if w == nil || len(w.Parts) != 1 {
		return false
	}
	part := w.Parts[0]
	if quoted, ok := part.(*syntax.DblQuoted); ok && len(quoted.Parts) == 1 {
		part = quoted.Parts[0]
	}
	p, ok := part.(*syntax.ParamExp)
	return ok && p.Param != nil && c.names[p.Param.Value] && !p.Length && p.Slice == nil && p.Repl == nil
}

// uses reports whether a statement may do something with the first argument:
// more than telling it, or testing it. What moves the arguments does, too.
func (c *cases) uses(stmt *syntax.Stmt) (used bool) {
	syntax.Walk(stmt, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			return false
		case *syntax.CallExpr:
			name := ""
			if len(n.Args) > 0 {
				name = constant(n.Args[0])
			}
			used = used || slices.Contains([]string{"shift", "getopts", "set", "eval"}, name) && len(n.Args) > 0 && name != "set"
			used = used || name == "set" && slices.ContainsFunc(n.Args, func(w *syntax.Word) bool { return constant(w) == "--" })
			return !tells(name)
		case *syntax.TestClause:
			return false
		case *syntax.ParamExp:
			used = used || n.Param != nil && (c.names[n.Param.Value] || !c.shifted && strings.Contains("@*", n.Param.Value))
		}
		return true
	})
	return used
}

// tells reports whether a command only says something, or looks at something.
func tells(name string) bool {
	return slices.Contains([]string{"echo", "printf", "log", "logger", "usage", "die", "fail", "error", "warn", "info", "say", "[", "test", "exit", "return"}, strings.ToLower(name))
}
