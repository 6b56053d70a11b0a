package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// isThere says whether a file is there, where it is known that it is not.
func (w *walker) isThere(p string) answer {
	if w.lacks[p] {
		return answer{test: true, truth: no}
	}
	return answer{test: true, files: []string{p}}
}

// unmade are the files that a script touches as marks for later, but does not for the role,
// as it was walked: where there are several roles, to ask for one is to ask for the role.
func (w *walker) unmade(file *syntax.File) map[string]bool {
	idle := w.skipped()
	if len(idle) == 0 || len(w.env.Roles) < 2 || !strings.Contains(w.text, "touch") {
		return nil
	}
	out, made := map[string]bool{}, map[string]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		c, ok := n.(*syntax.CallExpr)
		if !ok || len(c.Args) == 0 || c.Args[0].Lit() != "touch" {
			return true
		}
		for _, word := range c.Args[1:] {
			if p := w.sole(word).Text; strings.HasPrefix(p, "/") && !strings.Contains(p, "$") {
				if slices.ContainsFunc(idle, func(s span) bool { return s.from <= c.Pos().Offset() && c.End().Offset() <= s.to }) {
					out[p] = true
				} else {
					made[p] = true
				}
			}
		}
		return true
	})
	for p := range made {
		delete(out, p)
	}
	return out
}

// span is a part of a script's text.
type span struct{ from, to uint }

// skipped are the statements that were passed whenever they could have been walked: in a
// loop, others may do them.
func (w *walker) skipped() []span {
	var out []span
	for _, stmts := range w.idle {
		if !w.done[stmts[0]] {
			out = append(out, span{stmts[0].Pos().Offset(), stmts[len(stmts)-1].End().Offset()})
		}
	}
	return out
}
