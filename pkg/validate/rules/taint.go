package rules

import (
	"slices"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// madeUp reports whether what a template does at pos depends on values that
// only stand in for real ones: what the machine answers, and texts without a
// default. So it does where pos is not found.
func madeUp(p *validate.Package, pair *validate.Pair, pos diag.Pos) bool {
	t := &taint{pair: pair, pos: pos, reads: madeUpReads(p, pair), vars: map[string]bool{}}
	for _, tree := range pair.Syntax.Trees() {
		for range 2 { // a loop may read what it sets further down
			t.list(tree.Root, false, false)
		}
	}
	if pos.Line == 0 {
		// Recursion and endless loops have no place: what steers the template
		// decides, unless nothing steers it into its recursion.
		return t.steered && !alwaysRecurses(pair.Syntax.Trees())
	}
	return t.tainted || !t.found
}

// alwaysRecurses reports whether the first tree calls, whatever the values, a
// template that calls itself, whatever the values.
func alwaysRecurses(trees []*parse.Tree) bool {
	byName := map[string]*parse.Tree{}
	for _, tree := range trees {
		byName[tree.Name] = tree
	}
	active := map[*parse.Tree]bool{} // false where one was left without recursion
	var recurses func(*parse.Tree) bool
	recurses = func(tree *parse.Tree) bool {
		if tree == nil || tree.Root == nil {
			return false
		}
		if again, seen := active[tree]; seen {
			return again
		}
		active[tree] = true
		if slices.ContainsFunc(tree.Root.Nodes, func(n parse.Node) bool {
			call, ok := n.(*parse.TemplateNode)
			return ok && recurses(byName[call.Name])
		}) {
			return true
		}
		active[tree] = false
		return false
	}
	return len(trees) > 0 && recurses(trees[0])
}

// madeUpReads are the places where a template may read a text that stands in
// for a real one.
func madeUpReads(p *validate.Package, pair *validate.Pair) map[diag.Pos]bool {
	known := envKeys(p, p.RolesOf(pair.Image))
	out := map[diag.Pos]bool{}
	for _, read := range readsOf(pair) {
		names := slices.Contains([]string{"ls", "lsdir", "exists"}, read.Func) // which parameters there are is known
		if names || read.parts[0] != "env" && literal(read.parts[0]) {
			continue
		}
		prop := known[read.parts[min(1, len(read.parts)-1)]].Property
		if len(read.parts) < 2 || !literal(read.parts[1]) || prop != nil && prop.Default == nil && len(prop.Range) == 0 &&
			!slices.Contains([]string{"integer", "number", "boolean"}, prop.Type) {
			out[read.pos] = true
		}
	}
	return out
}

// taint follows such values through a template.
type taint struct {
	pair  *validate.Pair
	pos   diag.Pos
	reads map[diag.Pos]bool
	vars  map[string]bool // that hold one

	found, tainted bool // what is at pos
	steered        bool // what is executed, or how often, depends on one somewhere
}

// list follows statements. On says that it depends on such a value whether they
// are executed at all, dot that . is one.
func (t *taint) list(list *parse.ListNode, on, dot bool) {
	if list == nil {
		return
	}
	branch := func(b *parse.BranchNode, sets bool) {
		here := t.pipe(b.Pipe, on, dot)
		t.steered = t.steered || here
		t.list(b.List, on || here, sets && here || !sets && dot)
		t.list(b.ElseList, on || here, dot)
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			t.pipe(n.Pipe, on, dot)
		case *parse.IfNode:
			branch(&n.BranchNode, false)
		case *parse.WithNode:
			branch(&n.BranchNode, true)
		case *parse.RangeNode:
			branch(&n.BranchNode, true)
		case *parse.TemplateNode:
			if t.pair.Origin(t.pair.Syntax.Pos(n)) == t.pos {
				t.found, t.tainted = true, t.tainted || on
			}
			if n.Pipe != nil {
				passed := t.pipe(n.Pipe, on, dot)
				t.steered = t.steered || passed // the other template may ask for it
			}
		}
	}
}

// pipe reports whether the value of a pipeline depends on such a value; its
// variables do then.
func (t *taint) pipe(pipe *parse.PipeNode, on, dot bool) bool {
	here, at := false, false
	eachNode(pipe, func(n parse.Node) {
		place := t.pair.Origin(t.pair.Syntax.Pos(n))
		at = at || place == t.pos
		switch n := n.(type) {
		case *parse.IdentifierNode:
			here = here || slices.Contains([]string{"getenv", "lookupIP", "lookupSRV", "datetime"}, n.Ident)
		case *parse.VariableNode:
			here = here || t.vars[n.Ident[0]]
		case *parse.DotNode, *parse.FieldNode:
			here = here || dot
		}
		here = here || t.reads[place]
	})
	if at {
		t.found, t.tainted = true, t.tainted || here || on
	}
	for _, d := range pipe.Decl {
		t.vars[d.Ident[0]] = t.vars[d.Ident[0]] || here || on
	}
	return here
}
