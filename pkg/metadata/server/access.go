package server

import (
	"path"
	"slices"
	"strings"
)

// Mode says whether a client may read what a rule names.
type Mode int

// The modes of rules (platform.md, section 4; -1 is the original's own).
const (
	Unset     Mode = -1 // as its parent
	Forbidden Mode = 0
	Read      Mode = 1
)

// Rule opens or closes a path for a client. A level of Path may be * for any
// name. The exact name beats *, and what hangs below * does not hold there;
// the deeper rule beats the shallower one.
type Rule struct {
	Path string `json:"path"`
	Mode Mode   `json:"mode"`
}

// access is a level of a client's rules, as a tree. A nil *access has no rules.
type access struct {
	name string
	mode Mode
	kids []*access // in order of first mention
}

func newAccess(rules []Rule) *access {
	root := &access{name: "/", mode: Unset}
	for _, r := range rules {
		a := root
		for name := range strings.SplitSeq(r.Path, "/") {
			if name != "" {
				a = a.grow(name)
			}
		}
		a.mode = r.Mode
	}
	return root
}

func (a *access) grow(name string) *access {
	i := slices.IndexFunc(a.kids, func(k *access) bool { return k.name == name })
	if i >= 0 {
		return a.kids[i]
	}
	k := &access{name: name, mode: Unset}
	a.kids = append(a.kids, k)
	return k
}

// match is the level below a that holds for name, nil if none does.
func (a *access) match(name string) *access {
	if a == nil {
		return nil
	}
	var any *access
	for _, k := range a.kids {
		if k.name == name {
			return k
		}
		if k.name == "*" {
			any = k
		}
	}
	return any
}

// rules lists the tree below a, parents first. Paths come out clean.
func (a *access) rules(at string) []Rule {
	at = path.Join(at, a.name)
	out := []Rule{}
	if a.mode != Unset {
		out = append(out, Rule{at, a.mode})
	}
	for _, k := range a.kids {
		out = append(out, k.rules(at)...)
	}
	return out
}

// cursor is a place in the data as one client may see it.
type cursor struct {
	*node
	rules *access // those that may still matter below
	open  bool    // whether what no rule names is readable
}

func enter(data *node, a *access) cursor {
	return cursor{data, a, a.mode == Read}
}

// step goes to the child called name; ok is false where it is missing or hidden.
func (c cursor) step(name string) (next cursor, ok bool) {
	n := c.kid(name)
	if n == nil {
		return c, false
	}
	return c.into(name, n)
}

// into is step where the child is known. A level that has rules below it can
// be entered even if it is closed itself: one of them may open something.
func (c cursor) into(name string, n *node) (next cursor, ok bool) {
	a := c.rules.match(name)
	next = cursor{n, a, c.open}
	if a == nil {
		return next, c.open
	}
	if a.mode != Unset {
		next.open = a.mode == Read
	}
	return next, a.mode == Read || len(a.kids) > 0
}

// walk is step over several levels.
func (c cursor) walk(path []string) (next cursor, ok bool) {
	for _, name := range path {
		if c, ok = c.step(name); !ok {
			return c, false
		}
	}
	return c, true
}

// visible is what the client sees from c down: the data's own node where
// nothing is hidden. Directories without a visible leaf are left out.
func (c cursor) visible() *node {
	switch {
	case c.isLeaf():
		return c.node
	case (c.rules == nil || len(c.rules.kids) == 0) && c.open:
		return c.node
	}
	var kids []kid
	for _, k := range c.kids() {
		next, ok := c.into(k.name, k.node)
		if !ok {
			continue
		}
		if n := next.visible(); n.isLeaf() || len(n.kids()) > 0 {
			kids = append(kids, kid{k.name, n})
		}
	}
	return newView(kids)
}
