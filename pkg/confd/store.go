package confd

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/confd/internal/memkv"
)

// Store is what a template sees: values by their cleaned keys. It does not
// change once loaded and may be read concurrently.
type Store struct {
	kv       *memkv.Store
	prefix   string
	requests []string // the keys that were asked for, cleaned, below the prefix
}

// LoadStore reads keys below prefix from src. No keys load nothing. A key
// that is not there leaves the body of the 404 answer in the store, as with
// QingCloud's confd.
func LoadStore(ctx context.Context, src Source, prefix string, keys []string) (*Store, error) {
	return (*Memo)(nil).LoadStore(ctx, src, prefix, keys)
}

// LoadStore is the function LoadStore; what the nodes of a cluster have in common is
// flattened once.
func (m *Memo) LoadStore(ctx context.Context, src Source, prefix string, keys []string) (*Store, error) {
	s := &Store{prefix: cleanPrefix(prefix)}
	w := walker{prefix: s.prefix, memo: m}
	for _, k := range keys {
		full := path.Join(s.prefix, k)
		v, err := src.Get(ctx, full)
		if err != nil {
			return nil, fmt.Errorf("fetching %q: %w", full, err)
		}
		if err := w.walk(full, v); err != nil {
			return nil, fmt.Errorf("reading metadata below %q: %w", full, err)
		}
		s.requests = append(s.requests, w.key(full))
	}
	s.kv = memkv.New(w.pairs)
	return s, nil
}

// cleanPrefix is a prefix as confd uses it: with one leading slash, none at
// the end, and dots resolved. "" is "/".
func cleanPrefix(prefix string) string { return path.Join("/", prefix) }

// KV is one leaf of a store.
type KV struct{ Key, Value string }

// All yields the leaves in the order of their keys.
func (s *Store) All() func(yield func(KV) bool) {
	return func(yield func(KV) bool) {
		for _, p := range s.kv.Pairs() {
			if !yield(KV(p)) {
				return
			}
		}
	}
}

// Len is the number of leaves.
func (s *Store) Len() int { return len(s.kv.Pairs()) }

// Equal reports whether two stores hold the same.
func (s *Store) Equal(o *Store) bool { return slices.Equal(s.kv.Pairs(), o.kv.Pairs()) }

// covers reports whether key is at or below what was asked for.
func (s *Store) covers(key string) bool {
	key = path.Join("/", key)
	return slices.ContainsFunc(s.requests, func(r string) bool {
		return r == "/" || key == r || strings.HasPrefix(key, r+"/")
	})
}

// walker flattens JSON values into pairs, as QingCloud's client does: keys
// are joined as text and only cleaned at the end, so that ".." in a key
// climbs and empty keys collapse.
type walker struct {
	prefix string
	path   []byte // of the value at hand
	pairs  []memkv.KVPair
	memo   *Memo
}

// walk flattens v, the value of one key. Its parts may be shared with the
// trees of other nodes; v itself, where it is the whole tree, is not.
func (w *walker) walk(full string, v any) error {
	w.path = append(w.path[:0], full...)
	object, ok := v.(map[string]any)
	if !ok || w.memo == nil {
		return w.value(v)
	}
	for _, m := range inKeyOrder(object) {
		part, ok := m.item.(map[string]any)
		if !ok {
			if err := w.child(m.name, m.item); err != nil {
				return err
			}
			continue
		}
		pairs, err := w.memo.part(w.prefix, full+"/"+m.name, part)
		if err != nil {
			return err
		}
		w.pairs = append(w.pairs, pairs...)
	}
	return nil
}

func (w *walker) value(v any) error {
	switch v := v.(type) {
	case map[string]any:
		for _, m := range inKeyOrder(v) {
			if err := w.child(m.name, m.item); err != nil {
				return err
			}
		}
	case []any:
		for i, item := range v {
			name, err := itemName(i, item)
			if err != nil {
				return err
			}
			if err := w.child(name, item); err != nil {
				return err
			}
		}
	default:
		w.pairs = append(w.pairs, memkv.KVPair{Key: w.key(string(w.path)), Value: scalar(v)})
	}
	return nil
}

// member is one entry of an object.
type member struct {
	name string
	item any
	ends byte // what follows name in the keys below it: a slash, or nothing
}

// inKeyOrder is an object's entries in the order that their keys have in the
// store, so that sorting the store finds its work done: comparing short names
// costs less than comparing whole keys.
func inKeyOrder(object map[string]any) []member {
	members := make([]member, 0, len(object))
	for name, item := range object {
		m := member{name, item, 0}
		switch item.(type) {
		case map[string]any, []any:
			m.ends = '/'
		}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b member) int {
		n := min(len(a.name), len(b.name))
		return cmp.Or(strings.Compare(a.name[:n], b.name[:n]), cmp.Compare(a.at(n), b.at(n)))
	})
	return members
}

// at is the byte of m's key at n, counted from the start of its name.
func (m *member) at(n int) byte {
	if n < len(m.name) {
		return m.name[n]
	}
	return m.ends
}

func (w *walker) child(name string, v any) error {
	parent := len(w.path)
	w.path = append(append(w.path, '/'), name...)
	err := w.value(v)
	w.path = w.path[:parent]
	return err
}

// itemName is the key of an array's element: its "name" if it is an object
// that has one, else its index. A name that is no string makes QingCloud's
// confd crash; here it is an error.
func itemName(i int, item any) (string, error) {
	m, _ := item.(map[string]any)
	v, named := m["name"]
	if !named {
		return strconv.Itoa(i), nil
	}
	name, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("element %d of an array has a name that is no string", i)
	}
	return name, nil
}

// key takes the prefix off, as text, and cleans the rest.
func (w *walker) key(full string) string {
	key := strings.TrimPrefix(full, w.prefix)
	if !strings.HasPrefix(key, "/") {
		key = "/" + key
	}
	return path.Clean(key)
}

// scalar is a leaf as text: numbers without exponent, null as a word.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case nil:
		return "null"
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
		return v.String()
	}
	return fmt.Sprint(v)
}
