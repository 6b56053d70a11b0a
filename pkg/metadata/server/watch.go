package server

import "slices"

// watchNode is a level of the paths that long polls wait on. A change of a
// leaf wakes who waits on it or above it: one walk down the difference of two
// trees finds them all, without looking at anybody else. A nil *watchNode has
// nobody.
type watchNode struct {
	parent  *watchNode
	name    string
	kids    map[string]*watchNode
	watches []*watch
}

// watch is one path that a waiter waits on.
type watch struct {
	at     *watchNode
	index  int // in at.watches
	waiter *waiter
}

// waiter is one long poll.
type waiter struct {
	woken   chan struct{} // closed when something awaited has changed
	fired   bool
	watches []*watch
}

func (w *watchNode) kid(name string) *watchNode {
	if w == nil {
		return nil
	}
	return w.kids[name]
}

// add lets the waiter wait on path, below w.
func (w *watchNode) add(path []string, waiter *waiter) {
	if len(path) > maxDepth {
		return // nothing can come to exist there
	}
	for _, name := range path {
		next := w.kids[name]
		if next == nil {
			next = &watchNode{parent: w, name: name}
			if w.kids == nil {
				w.kids = map[string]*watchNode{}
			}
			w.kids[name] = next
		}
		w = next
	}
	entry := &watch{w, len(w.watches), waiter}
	w.watches = append(w.watches, entry)
	waiter.watches = append(waiter.watches, entry)
}

// remove takes the waiter off all its paths, and forgets paths without any.
func (w *waiter) remove() {
	for _, entry := range w.watches {
		at := entry.at
		last := at.watches[len(at.watches)-1]
		at.watches[entry.index], last.index = last, entry.index
		at.watches[len(at.watches)-1] = nil
		at.watches = at.watches[:len(at.watches)-1]
		at.prune()
	}
	w.watches = nil
}

func (w *watchNode) prune() {
	for w.parent != nil && len(w.watches) == 0 && len(w.kids) == 0 {
		delete(w.parent.kids, w.name)
		w = w.parent
	}
}

// changes collects what the difference of two trees means.
type changes struct {
	leaves int64 // written and removed
	woken  []*waiter
}

// diff adds what turns old into new, either of which may be nil.
func (c *changes) diff(old, new *node, at *watchNode) {
	if old == new || old.isLeaf() && new.isLeaf() && old.value == new.value {
		return
	}
	before := c.leaves
	switch {
	case old.isLeaf() && new.isLeaf():
		c.leaves++
	case old.isLeaf() || new.isLeaf():
		c.leaves++
		fallthrough
	default:
		c.diffKids(old.kids(), new.kids(), at)
	}
	if c.leaves > before {
		c.wake(at)
	}
}

func (c *changes) diffKids(old, new []kid, at *watchNode) {
	for len(old) > 0 || len(new) > 0 {
		switch order := compareFirst(old, new); {
		case order < 0:
			c.diff(old[0].node, nil, at.kid(old[0].name))
			old = old[1:]
		case order > 0:
			c.diff(nil, new[0].node, at.kid(new[0].name))
			new = new[1:]
		default:
			c.diff(old[0].node, new[0].node, at.kid(old[0].name))
			old, new = old[1:], new[1:]
		}
	}
}

func (c *changes) wake(at *watchNode) {
	if at == nil {
		return
	}
	c.woken = slices.Grow(c.woken, len(at.watches))
	for _, entry := range at.watches {
		if !entry.waiter.fired {
			entry.waiter.fired = true
			c.woken = append(c.woken, entry.waiter)
		}
	}
}
