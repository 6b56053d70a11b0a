package server

import (
	"fmt"
	"maps"
	"path"
)

// Tx is a set of changes that become visible together, in one version.
type Tx struct {
	// data and mapping are what was and what has become of it, step by step: the
	// steps between are what POST needs, which rewrites what stays the same.
	data, mapping []*node
	rules         map[string]*access
	rulesChanged  bool
}

func last(steps []*node) *node { return steps[len(steps)-1] }

// become sets the outcome so far. Only the outcome counts, unless rewrite has
// made steps.
func become(steps []*node, n *node) []*node {
	if n == nil {
		n = newDir(nil)
	}
	if len(steps) == 1 {
		return append(steps, n)
	}
	steps[len(steps)-1] = n
	return steps
}

// rewrite removes what is at path and then writes patch, as two steps: all of
// it counts as changed.
func rewrite(steps []*node, path []string, patch *node) []*node {
	removed := remove(last(steps), path)
	if removed == nil {
		removed = newDir(nil)
	}
	return append(steps, removed, merge(removed, patch))
}

// ReplaceData puts v in the place of all data at path; what stays the same
// wakes nobody. v is as encoding/json decodes it: see newPatch for what
// becomes of numbers and the like. Errors: a type that has no place there, a
// path of too many levels.
func (tx *Tx) ReplaceData(path string, v any) error {
	patch, err := newPatch(split(path), v)
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	without := remove(last(tx.data), split(path))
	tx.data = become(tx.data, merge(without, patch))
	return nil
}

// MergeData puts v over the data at path: what v does not mention stays.
func (tx *Tx) MergeData(path string, v any) error {
	patch, err := newPatch(split(path), v)
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	tx.data = become(tx.data, merge(last(tx.data), patch))
	return nil
}

// DeleteData removes the data at path; there may be none.
func (tx *Tx) DeleteData(path string) {
	tx.data = become(tx.data, remove(last(tx.data), split(path)))
}

// SetMapping replaces all mappings: address → name → path in the data, with
// nested names. Errors are those of the protocol.
func (tx *Tx) SetMapping(v any) error {
	patch, err := newMapping("/", v)
	if err != nil {
		return fmt.Errorf("setting the mapping: %w", err)
	}
	tx.mapping = become(tx.mapping, patch)
	return nil
}

// MergeMapping puts v over the mapping at path (/<address>, or below it).
func (tx *Tx) MergeMapping(path string, v any) error {
	patch, err := newMapping(path, v)
	if err != nil {
		return fmt.Errorf("setting the mapping %q: %w", path, err)
	}
	tx.mapping = become(tx.mapping, merge(last(tx.mapping), patch))
	return nil
}

// DeleteMapping removes the mapping at path; there may be none.
func (tx *Tx) DeleteMapping(path string) {
	tx.mapping = become(tx.mapping, remove(last(tx.mapping), split(path)))
}

// SetRules replaces the rules of each client in rules; others keep theirs. A
// client with rules, even none, sees what they open and not what its mapping
// names.
func (tx *Tx) SetRules(rules map[string][]Rule) error {
	if err := checkRules(rules); err != nil {
		return err
	}
	next := maps.Clone(tx.rules)
	if next == nil {
		next = map[string]*access{}
	}
	for addr, list := range rules {
		next[addr] = newAccess(list)
	}
	tx.rules, tx.rulesChanged = next, true
	return nil
}

// DeleteRules removes the rules of clients: their mapping opens its targets again.
func (tx *Tx) DeleteRules(addrs ...string) {
	next := maps.Clone(tx.rules)
	for _, addr := range addrs {
		delete(next, addr)
	}
	tx.rules, tx.rulesChanged = next, true
}

// deleteSubs removes the children named subs of what is at p. The tree is one
// of tx's; a sub of "" is the node itself.
func deleteSubs(steps []*node, p string, subs []string) []*node {
	for _, sub := range subs {
		steps = become(steps, remove(last(steps), split(path.Join("/", p, sub))))
	}
	return steps
}
