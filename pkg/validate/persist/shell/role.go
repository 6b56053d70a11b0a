package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// isRole says whether name, which may be a pattern, is the role that is judged,
// where it names one.
func (w *walker) isRole(name string) answer {
	out := answer{test: true, role: true}
	for _, r := range w.env.Roles {
		if r != "" && matchesName(name, r) {
			out.truth = truthOf(matchesName(name, w.env.Role))
			return out
		}
	}
	if r := w.roleIn(name); r != "" { // with what names of nodes have around it
		out.truth = truthOf(r == w.env.Role)
	}
	return out
}

// isNumbered reports whether a pattern is a role with what names of nodes have behind it:
// master-*.
func (w *walker) isNumbered(pattern string) bool {
	return strings.TrimRight(pattern, "*?") != pattern && !strings.HasPrefix(pattern, "*") && w.roleIn(pattern) != ""
}

func matchesName(pattern, name string) bool {
	if strings.Trim(pattern, "*?") == "" {
		return false
	}
	ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(name))
	return err == nil && ok || strings.EqualFold(pattern, name)
}

// isRoleVariable reports whether a text is a variable that has the role: it is called like
// that, or the script compares it with the names of roles.
func (w *walker) isRoleVariable(text string) bool {
	name, ok := strings.CutPrefix(strings.ToLower(text), "$")
	return ok && (strings.Contains(name, "role") || strings.Contains(name, "node_type") || strings.Contains(name, "nodetype") || w.kinds.hasRole(text[1:]))
}

// isRoleFile reports whether a file is called like what it has: the node's role alone.
func isRoleFile(name string) bool {
	base := strings.ToLower(path.Base(name))
	base = strings.TrimSuffix(base, path.Ext(base))
	return strings.HasPrefix(name, "/") && (strings.HasSuffix(base, "role") || strings.HasSuffix(base, "node_type") || strings.HasSuffix(base, "nodetype"))
}

func (w *walker) aboutRole(args []Value) bool {
	return slices.ContainsFunc(args, func(a Value) bool { return w.isRoleVariable(a.Text) })
}

// isHostName reports whether a text is the name of the node, which is not known: apps that
// ask whether it has a role's name have it so.
func isHostName(text string) bool { return strings.EqualFold(text, "$hostname") }

// roleIn is the role whose name a pattern is, and what names of nodes have around it: master,
// master-*, *master*; "" where it is none.
func (w *walker) roleIn(pattern string) string {
	name := strings.Trim(pattern, "*?-_")
	for _, r := range w.env.Roles {
		if r != "" && strings.EqualFold(r, name) {
			return r
		}
	}
	return ""
}

// listsRole says whether the role that is judged is one of the words of some texts, where some
// role is.
func (w *walker) listsRole(list []Value) answer {
	out := answer{test: true, role: true}
	var words []string
	for _, v := range list {
		words = append(words, strings.FieldsFunc(v.Text, func(c rune) bool { return strings.ContainsRune(" \t\n,;:|", c) })...)
	}
	if slices.ContainsFunc(w.env.Roles, func(r string) bool { return r != "" && slices.Contains(words, r) }) {
		out.truth = truthOf(slices.Contains(words, w.env.Role))
	}
	return out
}

// subject is what a case is about. What a command prints, and is held against two roles'
// names, is the role; of variables the whole script tells it.
func (w *walker) subject(c *syntax.CaseClause) Value {
	v := w.sole(c.Word)
	if !strings.HasPrefix(v.Text, "$") || w.isRoleVariable(v.Text) || variable(c.Word) != "" {
		return v
	}
	var k kinds
	for _, item := range c.Items {
		for _, p := range item.Patterns {
			k.compared("_", w.roleIn(w.one(p).Text))
		}
	}
	if k.hasRole("_") {
		v.Text = "$role"
	}
	return v
}

// kinds are what is known of a script's variables before it is walked.
type kinds struct {
	with   map[string][]string // the roles whose names each one is compared with
	listed map[string]bool     // those that have one thing after the other
}

// hasRole reports whether a variable must be the role: it is compared with several of them,
// and does not go through a list.
func (k *kinds) hasRole(name string) bool { return len(k.with[name]) > 1 && !k.listed[name] }

func (k *kinds) compared(name, role string) {
	if name == "" || role == "" || slices.Contains(k.with[name], role) {
		return
	}
	if k.with == nil {
		k.with = map[string][]string{}
	}
	k.with[name] = append(k.with[name], role)
}

func (k *kinds) lists(name string) {
	if k.listed == nil {
		k.listed = map[string]bool{}
	}
	k.listed[name] = true
}

// surveyKinds notes what a part of a script tells of its variables.
func (w *walker) surveyKinds(n syntax.Node) {
	if len(w.env.Roles) < 2 {
		return
	}
	switch n := n.(type) {
	case *syntax.CaseClause:
		for _, item := range n.Items {
			for _, p := range item.Patterns {
				w.compare(n.Word, p)
			}
		}
	case *syntax.BinaryTest:
		x, _ := n.X.(*syntax.Word)
		y, _ := n.Y.(*syntax.Word)
		w.compare(x, y)
	case *syntax.ForClause:
		if it, ok := n.Loop.(*syntax.WordIter); ok {
			w.kinds.lists(it.Name.Value)
		}
	case *syntax.CallExpr:
		for i, a := range n.Args {
			switch op := a.Lit(); {
			case i > 0 && n.Args[0].Lit() == "read":
				w.kinds.lists(op)
			case i > 0 && i+1 < len(n.Args) && (op == "=" || op == "==" || op == "!="):
				w.compare(n.Args[i-1], n.Args[i+1])
			}
		}
	}
}

// compare notes that a script holds two words against each other.
func (w *walker) compare(x, y *syntax.Word) {
	for _, pair := range [][2]*syntax.Word{{x, y}, {y, x}} {
		if name := variable(pair[0]); name != "" && pair[1] != nil {
			w.kinds.compared(name, w.roleIn(w.one(pair[1]).Text))
		}
	}
}

// variable is the name of the variable that a word is; "" where it is more, or none.
func variable(word *syntax.Word) string {
	if word == nil || len(word.Parts) != 1 {
		return ""
	}
	part := word.Parts[0]
	if q, ok := part.(*syntax.DblQuoted); ok && len(q.Parts) == 1 {
		part = q.Parts[0]
	}
	if p, ok := part.(*syntax.ParamExp); ok && p.Param != nil && p.Index == nil {
		return p.Param.Value
	}
	return ""
}
