package server

import (
	"slices"
	"strings"
	"sync/atomic"
)

// node is a leaf or a directory of an immutable tree. Only the root of a tree,
// and a view made for one answer, may be an empty directory.
type node struct {
	value string // of a leaf
	dir   *directory
}

type directory struct {
	kids []kid // in bytewise order of their names
	// passing marks a view made for one answer, whose encoding is not worth keeping.
	passing    bool
	json, text atomic.Pointer[kept]
}

type kid struct {
	name string
	*node
}

func newLeaf(value string) *node { return &node{value: value} }

func newDir(kids []kid) *node { return &node{dir: &directory{kids: kids}} }

// newView is a directory made for one answer.
func newView(kids []kid) *node { return &node{dir: &directory{kids: kids, passing: true}} }

// kids are the children of n: none for a leaf and for nil.
func (n *node) kids() []kid {
	if n == nil || n.dir == nil {
		return nil
	}
	return n.dir.kids
}

func (n *node) isLeaf() bool { return n != nil && n.dir == nil }

func (n *node) find(name string) (int, bool) {
	return slices.BinarySearchFunc(n.kids(), name, func(k kid, name string) int {
		return strings.Compare(k.name, name)
	})
}

// kid is the child called name, nil if there is none.
func (n *node) kid(name string) *node {
	if i, ok := n.find(name); ok {
		return n.dir.kids[i].node
	}
	return nil
}

// at is the node at path, nil if there is none.
func (n *node) at(path []string) *node {
	for _, name := range path {
		if n = n.kid(name); n == nil {
			return nil
		}
	}
	return n
}

// merge is old with patch put over it. A leaf gives way to a directory, but a
// directory stays where patch has a leaf: the original swallows such a write.
// What does not change is old itself.
func merge(old, patch *node) *node {
	switch {
	case old == nil:
		return patch
	case patch == nil || patch.isLeaf() && !old.isLeaf():
		return old
	case patch.isLeaf() && old.value == patch.value:
		return old
	case patch.isLeaf() || old.isLeaf():
		return patch
	}
	kids, changed := mergeKids(old.kids(), patch.kids())
	if !changed {
		return old
	}
	return newDir(kids)
}

func mergeKids(old, patch []kid) (merged []kid, changed bool) {
	merged = make([]kid, 0, len(old)+len(patch))
	for len(old) > 0 || len(patch) > 0 {
		switch c := compareFirst(old, patch); {
		case c < 0:
			merged, old = append(merged, old[0]), old[1:]
		case c > 0:
			merged, patch, changed = append(merged, patch[0]), patch[1:], true
		default:
			n := merge(old[0].node, patch[0].node)
			changed = changed || n != old[0].node
			merged = append(merged, kid{old[0].name, n})
			old, patch = old[1:], patch[1:]
		}
	}
	return merged, changed
}

// compareFirst orders the first of a and the first of b; what has ended comes last.
func compareFirst(a, b []kid) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	default:
		return strings.Compare(a[0].name, b[0].name)
	}
}

// remove is n without what is at path, nil if nothing is left: directories
// that become empty go too. A path that does not exist leaves n as it is.
func remove(n *node, path []string) *node {
	if len(path) == 0 {
		return nil
	}
	i, ok := n.find(path[0])
	if !ok {
		return n
	}
	old := n.dir.kids
	switch left := remove(old[i].node, path[1:]); {
	case left == old[i].node:
		return n
	case left != nil:
		kids := slices.Clone(old)
		kids[i].node = left
		return newDir(kids)
	case len(old) == 1:
		return nil
	default:
		return newDir(slices.Concat(old[:i], old[i+1:]))
	}
}

// plain is n as encoding packages know it: strings and maps.
func (n *node) plain() any {
	if n.isLeaf() {
		return n.value
	}
	m := make(map[string]any, len(n.kids()))
	for _, k := range n.kids() {
		m[k.name] = k.plain()
	}
	return m
}
