package server

import (
	"slices"
	"strings"
)

// appendText appends one line for each leaf below n: path, tab, value, newline.
// Lines are in bytewise order of their whole paths; nothing is escaped.
func appendText(b []byte, prefix string, n *node) []byte {
	if n.isLeaf() {
		b = append(b, prefix...)
		b = append(b, '\t')
		b = append(b, n.value...)
		return append(b, '\n')
	}
	if k := n.dir.text.Load(); k != nil && k.prefix == prefix {
		return append(b, k.bytes...)
	}
	start := len(b)
	for _, k := range inPathOrder(n.kids()) {
		b = appendText(b, prefix+"/"+k.name, k.node)
	}
	if size := len(b) - start; !n.dir.passing && size <= maxKept {
		n.dir.text.Store(&kept{prefix, append([]byte(nil), b[start:]...)})
	}
	return b
}

// inPathOrder is kids in the order of the paths below them: "a-b" comes before
// "a/b", though the name "a" comes before "a-b".
func inPathOrder(kids []kid) []kid {
	byPath := func(a, b kid) int { return strings.Compare(a.pathKey(), b.pathKey()) }
	if slices.IsSortedFunc(kids, byPath) {
		return kids
	}
	kids = slices.Clone(kids)
	slices.SortFunc(kids, byPath)
	return kids
}

func (k kid) pathKey() string {
	if k.isLeaf() {
		return k.name
	}
	return k.name + "/"
}
