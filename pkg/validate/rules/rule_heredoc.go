package rules

import (
	"context"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// strayAssignment finds settings that stand behind the end of the
// here-document they belong to: the shell takes them for variables, and the
// file lacks them.
func strayAssignment() validate.Rule {
	return validate.NewRule("stray-assignment", validate.Warning, "A setting stands behind its here-document",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, s := range scripts(p) {
				if s.file == nil || s.shares() {
					continue
				}
				eachList(s.file, func(list []*syntax.Stmt) {
					for i := 1; i < len(list); i++ {
						if doc := settingsDoc(list[i-1]); doc != nil {
							s.reportStray(r, list[i:], target(s.text, list[i-1]))
						}
					}
				})
			}
			return nil
		})
}

// shares reports whether another script may see the variables of s: what it
// sources, or everything that it exports.
func (s *script) shares() (shares bool) {
	eachCall(s.file, func(call *syntax.CallExpr) {
		words := callWords(call)
		switch {
		case len(words) == 0:
		case slices.Contains([]string{".", "source", "eval"}, words[0]):
			shares = true
		case words[0] == "set":
			shares = shares || slices.Contains(words, "-a") || slices.Contains(words, "allexport")
		}
	})
	return shares
}

// reportStray reports the assignments that list begins with, as far as nothing
// in the script uses them.
func (s *script) reportStray(r *validate.Reporter, list []*syntax.Stmt, file string) {
	var names []string
	for _, stmt := range list {
		call, ok := stmt.Cmd.(*syntax.CallExpr)
		if !ok || len(call.Args) > 0 || len(call.Assigns) != 1 || !s.isStray(call.Assigns[0]) {
			break
		}
		names = append(names, call.Assigns[0].Name.Value)
	}
	if len(names) == 0 || file == "" {
		return
	}
	r.At(s.pos(list[0]), "%s: behind the end of the here-document: %s does not get it, and nothing else uses it", strings.Join(names, ", "), file).
		In(s.role).WithFix("move it above the end of the here-document")
}

// isStray reports whether an assignment is of a constant that the script
// neither expands nor exports.
func (s *script) isStray(a *syntax.Assign) bool {
	if a.Name == nil || a.Array != nil || a.Append || a.Value != nil && constant(a.Value) == "" {
		return false
	}
	return !usesVariable(s.text, a.Name.Value)
}

var declares = lazyregexp.New(`\b(export|declare|readonly|local)\b`)

// usesVariable reports whether shell expands a variable, or declares it.
func usesVariable(text, name string) bool {
	for at := 0; ; at += len(name) {
		next := strings.Index(text[at:], name)
		if next < 0 {
			return false
		}
		at += next
		end := at + len(name)
		if at > 0 && isWordByte(text[at-1]) || end < len(text) && isWordByte(text[end]) {
			continue
		}
		line := text[strings.LastIndexByte(text[:at], '\n')+1 : at]
		if strings.HasSuffix(strings.TrimRight(line, "{#!"), "$") || declares.MatchString(line) {
			return true
		}
	}
}

func isWordByte(c byte) bool { return isTokenByte(c) && c != '.' && c != '-' }

var setting = lazyregexp.New(`(?m)^[A-Za-z_][A-Za-z0-9_.]*=`)

// settingsDoc is the here-document of a statement that writes a file, if it is
// made of settings.
func settingsDoc(stmt *syntax.Stmt) *syntax.Redirect {
	for _, redirect := range stmt.Redirs {
		if redirect.Hdoc == nil {
			continue
		}
		for _, part := range redirect.Hdoc.Parts {
			if lit, ok := part.(*syntax.Lit); ok && setting.MatchString(lit.Value) {
				return redirect
			}
		}
	}
	return nil
}

// target is the file that a statement's output goes to, as written; "" if none.
func target(text string, stmt *syntax.Stmt) string {
	for _, redirect := range stmt.Redirs {
		if redirect.Op == syntax.RdrOut && redirect.Word != nil {
			return text[redirect.Word.Pos().Offset():redirect.Word.End().Offset()]
		}
	}
	return ""
}

// eachList visits every list of statements that run one after the other.
func eachList(file *syntax.File, visit func([]*syntax.Stmt)) {
	visit(file.Stmts)
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Block:
			visit(n.Stmts)
		case *syntax.IfClause:
			visit(n.Then)
		case *syntax.WhileClause:
			visit(n.Do)
		case *syntax.ForClause:
			visit(n.Do)
		case *syntax.CaseItem:
			visit(n.Stmts)
		}
		return true
	})
}

// writtenTwice finds files that one list of statements writes anew with two
// here-documents, and that nothing uses in between.
func writtenTwice(p *validate.Package, r *validate.Reporter) {
	for _, s := range scripts(p) {
		if s.file == nil {
			continue
		}
		eachList(s.file, func(list []*syntax.Stmt) {
			before := map[string]int{}
			for i, stmt := range list {
				name := target(s.text, stmt)
				if name == "" || !hasDoc(stmt) || strings.Contains(name, "$") {
					continue
				}
				if j, twice := before[name]; twice && !s.uses(list[j+1:i], name) {
					at := s.pos(list[j])
					f := r.At(s.pos(stmt), "%s is written by %s:%d as well: that content is lost", name, r.Rel(at.File), at.Line).In(s.role)
					if f.Origin = r.Origin(at); !s.sure {
						f.As(validate.Warning)
					}
				}
				before[name] = i
			}
		})
	}
}

// uses reports whether statements may use a file: they name it, or run a
// program that may know it.
func (s *script) uses(list []*syntax.Stmt, file string) bool {
	for _, stmt := range list {
		text := s.text[stmt.Pos().Offset():stmt.End().Offset()]
		word := firstWord(stmt)
		if strings.Contains(text, path.Base(strings.Trim(file, `"'`))) || path.IsAbs(word) || slices.Contains([]string{".", "source", "eval", "sh", "bash", "systemctl", "service"}, word) {
			return true
		}
	}
	return false
}

func hasDoc(stmt *syntax.Stmt) bool {
	for _, redirect := range stmt.Redirs {
		if redirect.Hdoc != nil {
			return true
		}
	}
	return false
}
