package rules

import (
	"slices"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/validate"
)

// tmplCall is a call of a function in a template, with all of its arguments.
type tmplCall struct {
	name  string
	args  []parse.Node // a piped value is the last one
	piped bool
	node  *parse.CommandNode
}

// eachTmplCall visits the calls of a template, each once.
func eachTmplCall(pair *validate.Pair, visit func(tmplCall)) {
	for _, tree := range pair.Syntax.Trees() {
		eachNode(tree.Root, func(n parse.Node) {
			if pipe, ok := n.(*parse.PipeNode); ok {
				for i := range pipe.Cmds {
					if c, ok := callOf(pipe, i); ok {
						visit(c)
					}
				}
			}
		})
	}
}

// callOf is command i of a pipeline, if it calls a function.
func callOf(pipe *parse.PipeNode, i int) (tmplCall, bool) {
	cmd := pipe.Cmds[i]
	id, ok := cmd.Args[0].(*parse.IdentifierNode)
	if !ok {
		return tmplCall{}, false
	}
	c := tmplCall{name: id.Ident, args: slices.Clone(cmd.Args[1:]), piped: i > 0, node: cmd}
	if i > 0 {
		before := &parse.PipeNode{NodeType: parse.NodePipe, Pos: pipe.Pos, Line: pipe.Line, Cmds: pipe.Cmds[:i]}
		c.args = append(c.args, before)
	}
	return c, true
}

// lastCall is the call whose value a node is, if it is one: "(getv …)", or what
// a variable was set to.
func (v variablesOf) lastCall(n parse.Node) (tmplCall, bool) {
	switch n := n.(type) {
	case *parse.PipeNode:
		last := len(n.Cmds) - 1
		if len(n.Cmds[last].Args) == 1 && last == 0 {
			return v.lastCall(n.Cmds[0].Args[0])
		}
		return callOf(n, last)
	case *parse.VariableNode:
		if set := v[n.Ident[0]]; len(n.Ident) == 1 && set != nil {
			return v.lastCall(set)
		}
	case *parse.IdentifierNode:
		return tmplCall{name: n.Ident}, true
	}
	return tmplCall{}, false
}

// variablesOf are the variables of a template that are set once, with what they
// are set to.
type variablesOf map[string]*parse.PipeNode

func variablesIn(pair *validate.Pair) variablesOf {
	out := variablesOf{}
	for _, tree := range pair.Syntax.Trees() {
		ranges := map[*parse.PipeNode]bool{}
		eachNode(tree.Root, func(n parse.Node) {
			if r, ok := n.(*parse.RangeNode); ok {
				ranges[r.Pipe] = true
			}
			pipe, ok := n.(*parse.PipeNode)
			if !ok {
				return
			}
			for _, d := range pipe.Decl {
				_, twice := out[d.Ident[0]]
				if twice || ranges[pipe] || len(pipe.Decl) > 1 {
					out[d.Ident[0]] = nil
					continue
				}
				out[d.Ident[0]] = &parse.PipeNode{NodeType: parse.NodePipe, Pos: pipe.Pos, Line: pipe.Line, Cmds: pipe.Cmds}
			}
		})
	}
	return out
}

// readOf is the literal key of a call that reads metadata; "" where it is none.
func readOf(c tmplCall) string {
	if len(c.args) == 0 || !slices.Contains([]string{"getv", "getvs", "gets", "ls", "lsdir"}, c.name) {
		return ""
	}
	if key, ok := c.args[0].(*parse.StringNode); ok {
		return key.Text
	}
	return ""
}
