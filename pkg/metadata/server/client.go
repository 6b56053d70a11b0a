package server

import (
	"path"
	"slices"
)

// client is what the server knows about one address.
type client struct {
	mapping *node   // what /self means: a directory; nil without a mapping
	access  *access // nil: sees nothing at all
}

// client finds the client at addr. Its rules are worked out once per mapping
// and rule set, for known addresses only, so that strangers cost no memory.
func (st *state) client(addr string) client {
	if c, ok := st.clients.Load(addr); ok {
		return c.(client)
	}
	var c client
	if m := st.mapping.kid(addr); m != nil && m.dir != nil {
		c.mapping = m
		c.access = newAccess(opened(m, nil))
	}
	if a, ok := st.rules[addr]; ok {
		c.access = a
	}
	if c.access != nil {
		st.clients.Store(addr, c)
	}
	return c
}

// opened are the rules that a mapping stands for where a client has none of
// its own: just its targets can be read.
func opened(mapping *node, rules []Rule) []Rule {
	for _, k := range mapping.kids() {
		if k.isLeaf() {
			rules = append(rules, Rule{k.value, Read})
		} else {
			rules = opened(k.node, rules)
		}
	}
	return rules
}

// root is what the client sees at an absolute path, nil for nothing. GET /
// shows its /self too, in place of data of that name.
func (c client) root(data *node, path []string) *node {
	if c.access == nil {
		return nil
	}
	at, ok := enter(data, c.access).walk(path)
	if !ok {
		return nil
	}
	view := at.visible()
	if len(path) > 0 || c.mapping == nil {
		return view
	}
	self := kid{"self", c.self(data, nil)}
	kids := slices.Clone(view.kids())
	if i, has := view.find("self"); has {
		kids[i] = self
	} else {
		kids = slices.Insert(kids, i, self)
	}
	return newView(kids)
}

// self is what the client sees at path below /self, nil for nothing.
func (c client) self(data *node, path []string) *node {
	if c.mapping == nil {
		return nil
	}
	m, rest := follow(c.mapping, path)
	switch {
	case m == nil:
		return nil
	case m.isLeaf():
		return c.target(data, m.value, rest)
	default:
		return c.resolve(data, m)
	}
}

// follow goes down a mapping as far as path says or a target is reached; rest
// is what of path lies below the target. nil: the mapping has no such name.
func follow(mapping *node, path []string) (m *node, rest []string) {
	m, rest = mapping, path
	for m != nil && !m.isLeaf() && len(rest) > 0 {
		m, rest = m.kid(rest[0]), rest[1:]
	}
	return m, rest
}

// resolve is a mapping directory with the content of its targets. What has
// none is left out, but a nested directory stays, even empty.
func (c client) resolve(data, mapping *node) *node {
	kids := make([]kid, 0, len(mapping.kids()))
	for _, k := range mapping.kids() {
		n := c.resolveOne(data, k.node)
		if n != nil {
			kids = append(kids, kid{k.name, n})
		}
	}
	return newView(kids)
}

func (c client) resolveOne(data, m *node) *node {
	if m.isLeaf() {
		return c.target(data, m.value, nil)
	}
	return c.resolve(data, m)
}

func (c client) target(data *node, link string, rest []string) *node {
	at, ok := enter(data, c.access).walk(targetPath(link, rest))
	if !ok {
		return nil
	}
	return at.visible()
}

// targetPath is where rest below a mapping's target lies in the data.
func targetPath(link string, rest []string) []string {
	return split(path.Join(append([]string{link}, rest...)...))
}
