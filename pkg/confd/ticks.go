package confd

import (
	"text/template"
	"text/template/parse"
)

// A template is counted while it runs by empty pieces of text that are put
// into its trees. They print nothing, but executing one calls the writer: at
// the start of every turn of a loop, and at both ends of a template, where the
// capacity of the empty text tells which end it is.
const (
	entering = 1
	leaving  = 2
)

// rangeLevels is how much more a range counts than what else nests: an error
// takes time that grows with the square of the ranges that it comes out of.
const rangeLevels = 125

// addTicks prepares all templates of a file, and tells how deep, in levels,
// the deepest of them nests its if, with and range: what one call can cost.
func addTicks(t *template.Template) (nesting int) {
	for _, one := range t.Templates() {
		if one.Tree == nil || one.Root == nil {
			continue
		}
		nesting = max(nesting, tickLoops(one.Root))
		list := one.Root
		list.Nodes = append([]parse.Node{tick(list, entering)}, append(list.Nodes, tick(list, leaving))...)
	}
	return nesting
}

func tick(list *parse.ListNode, capacity int) *parse.TextNode {
	return &parse.TextNode{NodeType: parse.NodeText, Pos: list.Pos, Text: make([]byte, 0, capacity)}
}

func tickLoops(list *parse.ListNode) (nesting int) {
	if list == nil {
		return 0
	}
	for _, n := range list.Nodes {
		var b *parse.BranchNode
		weight := 1
		switch n := n.(type) {
		case *parse.IfNode:
			b = &n.BranchNode
		case *parse.WithNode:
			b = &n.BranchNode
		case *parse.RangeNode:
			b, weight = &n.BranchNode, rangeLevels
		default:
			continue
		}
		nesting = max(nesting, weight+tickLoops(b.List), weight+tickLoops(b.ElseList))
		if b.NodeType == parse.NodeRange {
			b.List.Nodes = append([]parse.Node{tick(b.List, 0)}, b.List.Nodes...)
		}
	}
	return nesting
}
