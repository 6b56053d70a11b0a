package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// draft is a directory or leaf of a tree that is still being written.
type draft struct {
	parent *draft
	depth  int
	kids   map[string]*draft
	value  *string
}

// newPatch is the tree, from the root down, that writing v to path means. v is
// as encoding/json decodes it; strings, numbers and booleans become leaves,
// null an empty one, array elements are called 0, 1, …; empty objects and
// arrays leave no trace. It is never nil.
func newPatch(path []string, v any) (*node, error) {
	root := &draft{}
	d := root
	var err error
	for _, name := range path {
		if d, err = d.kid(name); err != nil {
			return nil, err
		}
	}
	if err := d.writeTop(v); err != nil {
		return nil, err
	}
	if n := root.freeze(); n != nil && n.dir != nil {
		return n, nil
	}
	return newDir(nil), nil // a value for the root has no place: it is dropped
}

// writeTop is write, but for the empty key, which means nothing at the top.
func (d *draft) writeTop(v any) error {
	if m, ok := v.(map[string]any); ok {
		if _, has := m[""]; has {
			m = maps.Clone(m)
			delete(m, "")
			v = m
		}
	}
	return d.write(v)
}

func (d *draft) write(v any) error {
	switch v := v.(type) {
	case map[string]any:
		return writeMap(d, v)
	case map[string]string:
		return writeMap(d, v)
	case []any:
		for i, item := range v {
			if err := d.writeKey(strconv.Itoa(i), item); err != nil {
				return err
			}
		}
		return nil
	}
	text, err := scalar(v)
	d.value = &text
	return err
}

// writeMap goes by sorted keys, so that of keys that mean the same path always
// the same wins.
func writeMap[V any](d *draft, m map[string]V) error {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if err := d.writeKey(key, m[key]); err != nil {
			return err
		}
	}
	return nil
}

// writeKey writes v below key, where slashes make levels.
func (d *draft) writeKey(key string, v any) error {
	var err error
	for name := range strings.SplitSeq(key, "/") {
		if d, err = d.step(name); err != nil {
			return err
		}
	}
	return d.write(v)
}

// step goes to name as a path does: dots are resolved, empty names stand still.
func (d *draft) step(name string) (*draft, error) {
	switch {
	case name == "" || name == "." || name == ".." && d.parent == nil:
		return d, nil
	case name == "..":
		return d.parent, nil
	default:
		return d.kid(name)
	}
}

func (d *draft) kid(name string) (*draft, error) {
	if k, ok := d.kids[name]; ok {
		return k, nil
	}
	if d.depth >= maxDepth {
		return nil, errTooDeep
	}
	if d.kids == nil {
		d.kids = map[string]*draft{}
	}
	k := &draft{parent: d, depth: d.depth + 1}
	d.kids[name] = k
	return k, nil
}

// freeze is the finished tree, nil if it holds no value. Children win over a
// value of their own directory.
func (d *draft) freeze() *node {
	kids := make([]kid, 0, len(d.kids))
	for name, k := range d.kids {
		if n := k.freeze(); n != nil {
			kids = append(kids, kid{name, n})
		}
	}
	switch {
	case len(kids) > 0:
		slices.SortFunc(kids, func(a, b kid) int { return strings.Compare(a.name, b.name) })
		return newDir(kids)
	case d.value != nil:
		return newLeaf(*d.value)
	default:
		return nil
	}
}

// scalar is v as text; numbers are plain decimals, whatever their size.
func scalar(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case json.Number:
		return v.String(), nil
	default:
		return "", fmt.Errorf("a value of type %T has no place in metadata", v)
	}
}
