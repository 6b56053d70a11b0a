package confd

import (
	"cmp"
	"maps"
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
	// Default is set for a getv that has one that counts: an empty text does not.
	Default bool
}

// Reads lists where the template asks for metadata, in the order of the file.
// A variable that holds one key, or one pattern of keys, is followed.
func (s *Syntax) Reads() []Read {
	var reads []Read
	for _, tree := range s.trees() {
		r := reader{s: s, vars: map[string]key{}, changed: map[string]bool{}}
		r.findChanged(tree.Root)
		r.walk(tree.Root)
		reads = append(reads, r.reads...)
	}
	slices.SortStableFunc(reads, func(a, b Read) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return reads
}

// key is what is known of a text: all of it, or all but the stars.
type key struct {
	text    string
	literal bool
}

func unknown() key { return key{text: "*"} }

// reader walks a template in its order, with what its variables hold.
type reader struct {
	s       *Syntax
	vars    map[string]key  // of the scope that the walk is in
	changed map[string]bool // variables that get a second value somewhere
	reads   []Read
}

func (r *reader) findChanged(root parse.Node) {
	inspect(root, func(n parse.Node) {
		if pipe, ok := n.(*parse.PipeNode); ok && pipe.IsAssign {
			for _, v := range pipe.Decl {
				r.changed[v.Ident[0]] = true
			}
		}
	})
}

func (r *reader) walk(n parse.Node) {
	if isNil(n) {
		return
	}
	switch n := n.(type) {
	case *parse.IfNode:
		r.branch(&n.BranchNode, false)
	case *parse.WithNode:
		r.branch(&n.BranchNode, false)
	case *parse.RangeNode:
		r.branch(&n.BranchNode, true)
	case *parse.PipeNode:
		r.pipe(n)
		if len(n.Decl) == 1 && len(n.Cmds) == 1 {
			r.vars[n.Decl[0].Ident[0]] = r.call(n.Cmds[0])
		}
	default:
		for _, child := range children(n) {
			r.walk(child)
		}
	}
}

// branch walks {{if}}, {{with}} and {{range}}: what they declare ends with
// them, and the variables of a range stand for many values.
func (r *reader) branch(b *parse.BranchNode, loop bool) {
	outer := maps.Clone(r.vars)
	r.walk(b.Pipe)
	for _, v := range b.Pipe.Decl {
		if loop {
			r.vars[v.Ident[0]] = unknown()
		}
	}
	for _, list := range []*parse.ListNode{b.List, b.ElseList} {
		if list != nil {
			inner := maps.Clone(r.vars)
			r.walk(list)
			r.vars = inner
		}
	}
	r.vars = outer
}

func (r *reader) pipe(pipe *parse.PipeNode) {
	for i, call := range pipe.Cmds {
		var piped *parse.CommandNode
		if i > 0 {
			piped = pipe.Cmds[i-1]
		}
		if found, ok := r.readOf(call, piped); ok {
			found.Pos = r.s.Pos(call)
			r.reads = append(r.reads, found)
		}
		r.walk(call)
	}
}

// isEmptyText reports whether n is "".
func isEmptyText(n parse.Node) bool {
	text, ok := n.(*parse.StringNode)
	return ok && text.Text == ""
}

func (r *reader) readOf(cmd, piped *parse.CommandNode) (Read, bool) {
	name, ok := cmd.Args[0].(*parse.IdentifierNode)
	if !ok || !slices.Contains([]string{"exists", "get", "gets", "getv", "getvs", "ls", "lsdir"}, name.Ident) {
		return Read{}, false
	}
	out := Read{Func: name.Ident, Expr: cmd.String(), Default: len(cmd.Args) > 2 && !isEmptyText(cmd.Args[2])}
	k := unknown()
	switch {
	case len(cmd.Args) > 1:
		k = r.argument(cmd.Args[1])
		out.Default = out.Default || piped != nil
	case piped != nil:
		k = r.call(piped)
	}
	out.Key, out.Literal = k.text, k.literal
	return out, true
}

// argument is what is known of a word: a literal, a variable, or a call.
func (r *reader) argument(n parse.Node) key {
	switch n := n.(type) {
	case *parse.StringNode:
		return key{n.Text, true}
	case *parse.VariableNode:
		if k, ok := r.vars[n.Ident[0]]; ok && len(n.Ident) == 1 && !r.changed[n.Ident[0]] {
			return k
		}
	case *parse.PipeNode:
		if len(n.Cmds) == 1 {
			return r.call(n.Cmds[0])
		}
	}
	return unknown()
}

// call is what is known of a call: of a word alone, or the format of a printf
// with a star for what is not known of its arguments.
func (r *reader) call(cmd *parse.CommandNode) key {
	if len(cmd.Args) == 1 {
		return r.argument(cmd.Args[0])
	}
	name, ok := cmd.Args[0].(*parse.IdentifierNode)
	format, isText := cmd.Args[1].(*parse.StringNode)
	if !ok || !isText || name.Ident != "printf" {
		return unknown()
	}
	out := key{literal: true}
	next := 2
	verb := regexp.MustCompile(`%[-+# 0-9.*\[\]]*[a-zA-Z]`)
	out.text = verb.ReplaceAllStringFunc(format.Text, func(v string) string {
		k := unknown()
		if next < len(cmd.Args) && (v == "%s" || v == "%v") {
			k = r.argument(cmd.Args[next])
		}
		next++
		out.literal = out.literal && k.literal
		return k.text
	})
	return out
}

// inspect calls f for every node at and below n.
func inspect(n parse.Node, f func(parse.Node)) {
	if isNil(n) {
		return
	}
	f(n)
	for _, child := range children(n) {
		inspect(child, f)
	}
}

// isNil reports whether there is no node: a list that is not there is a nil
// of its own type.
func isNil(n parse.Node) bool { return n == nil || reflect.ValueOf(n).IsNil() }

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
