package confd

import (
	"cmp"
	"reflect"
	"regexp"
	"slices"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/diag"
)

// Read is one place where a template asks for metadata.
type Read struct {
	Func string   // exists, get, gets, getv, getvs, ls or lsdir
	Key  string   // the key or pattern; parts that are computed are "*"
	Expr string   // the call as text
	Pos  diag.Pos // of the call
	// Literal is set if Key is known as a whole.
	Literal bool
	// Default is set for a getv that has one.
	Default bool
}

// Reads lists where the template asks for metadata, in the order of the file.
func (t *Template) Reads() []Read {
	var reads []Read
	for _, tree := range t.trees() {
		inspect(tree.Root, func(n parse.Node) {
			pipe, ok := n.(*parse.PipeNode)
			if !ok {
				return
			}
			for i, call := range pipe.Cmds {
				var piped *parse.CommandNode
				if i > 0 {
					piped = pipe.Cmds[i-1]
				}
				if r, ok := readOf(call, piped); ok {
					r.Pos = t.Pos(call)
					reads = append(reads, r)
				}
			}
		})
	}
	slices.SortStableFunc(reads, func(a, b Read) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return reads
}

func readOf(cmd, piped *parse.CommandNode) (Read, bool) {
	name, ok := cmd.Args[0].(*parse.IdentifierNode)
	if !ok || !slices.Contains([]string{"exists", "get", "gets", "getv", "getvs", "ls", "lsdir"}, name.Ident) {
		return Read{}, false
	}
	r := Read{Func: name.Ident, Expr: cmd.String(), Key: "*", Default: len(cmd.Args) > 2}
	switch {
	case len(cmd.Args) > 1:
		r.Key, r.Literal = keyText(cmd.Args[1])
		r.Default = r.Default || piped != nil
	case piped != nil:
		r.Key, r.Literal = callText(piped)
	}
	return r, true
}

// keyText is what is known of an argument: a literal, or the format of a
// printf with a star for every verb.
func keyText(n parse.Node) (key string, literal bool) {
	switch n := n.(type) {
	case *parse.StringNode:
		return n.Text, true
	case *parse.PipeNode:
		if len(n.Cmds) == 1 {
			return callText(n.Cmds[0])
		}
	}
	return "*", false
}

func callText(cmd *parse.CommandNode) (key string, literal bool) {
	if len(cmd.Args) == 1 {
		return keyText(cmd.Args[0])
	}
	name, ok := cmd.Args[0].(*parse.IdentifierNode)
	format, isText := cmd.Args[1].(*parse.StringNode)
	if !ok || !isText || name.Ident != "printf" {
		return "*", false
	}
	verb := regexp.MustCompile(`%[-+# 0-9.*\[\]]*[a-zA-Z]`)
	return verb.ReplaceAllString(format.Text, "*"), false
}

// inspect calls f for every node at and below n.
func inspect(n parse.Node, f func(parse.Node)) {
	if n == nil || reflect.ValueOf(n).IsNil() {
		return
	}
	f(n)
	for _, child := range children(n) {
		inspect(child, f)
	}
}

func children(n parse.Node) []parse.Node {
	branch := func(b *parse.BranchNode) []parse.Node { return []parse.Node{b.Pipe, b.List, b.ElseList} }
	switch n := n.(type) {
	case *parse.ListNode:
		return n.Nodes
	case *parse.ActionNode:
		return []parse.Node{n.Pipe}
	case *parse.IfNode:
		return branch(&n.BranchNode)
	case *parse.RangeNode:
		return branch(&n.BranchNode)
	case *parse.WithNode:
		return branch(&n.BranchNode)
	case *parse.TemplateNode:
		return []parse.Node{n.Pipe}
	case *parse.CommandNode:
		return n.Args
	case *parse.ChainNode:
		return []parse.Node{n.Node}
	case *parse.PipeNode:
		var list []parse.Node
		for _, v := range n.Decl {
			list = append(list, v)
		}
		for _, c := range n.Cmds {
			list = append(list, c)
		}
		return list
	}
	return nil
}
