package confd

import "text/template/parse"

// addTicks puts an empty piece of text at the start of a template and of
// every loop in it. It prints nothing, but executing it calls the writer,
// which counts the turns.
func addTicks(tree *parse.Tree) {
	if tree == nil || tree.Root == nil {
		return
	}
	tickLists(tree, tree.Root)
	tick(tree, tree.Root)
}

func tick(tree *parse.Tree, list *parse.ListNode) {
	empty := &parse.TextNode{NodeType: parse.NodeText, Pos: list.Pos}
	list.Nodes = append([]parse.Node{empty}, list.Nodes...)
}

func tickLists(tree *parse.Tree, list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.IfNode:
			tickLists(tree, n.List)
			tickLists(tree, n.ElseList)
		case *parse.WithNode:
			tickLists(tree, n.List)
			tickLists(tree, n.ElseList)
		case *parse.RangeNode:
			tickLists(tree, n.List)
			tickLists(tree, n.ElseList)
			tick(tree, n.List)
		}
	}
}
