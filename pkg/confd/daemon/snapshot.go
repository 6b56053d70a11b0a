package daemon

import (
	"context"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/appimg/appimg/pkg/confd"
)

// snapshot is the metadata below a prefix at one moment. It answers reads of
// it from memory; what only a server can answer (keys that leave the prefix,
// or that mean something else in a URL) is read from one, once.
type snapshot struct {
	prefix string
	value  any
	server confd.Source

	mu  sync.Mutex
	odd map[string]any

	storing sync.Mutex
	stores  map[string]*confd.Store // by the keys
}

var _ confd.Source = (*snapshot)(nil)

func newSnapshot(prefix string, value any, server confd.Source) *snapshot {
	return &snapshot{prefix: prefix, value: value, server: server}
}

// Get answers a read of one path.
func (s *snapshot) Get(ctx context.Context, p string) (any, error) {
	if s.covers(p) {
		v, ok := s.find(p)
		if !ok {
			return confd.NotFound(), nil
		}
		if !isEmpty(v) {
			return v, nil
		}
	}
	return s.ask(ctx, p)
}

// ask reads what the snapshot does not know. An empty object belongs to that:
// whether it is there or not depends on how it came about.
func (s *snapshot) ask(ctx context.Context, p string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.odd[p]; ok {
		return v, nil
	}
	v, err := s.server.Get(ctx, p)
	if err != nil {
		return nil, err
	}
	if s.odd == nil {
		s.odd = map[string]any{}
	}
	s.odd[p] = v
	return v, nil
}

// store is the store of some keys. Resources with the same keys share it.
func (s *snapshot) store(ctx context.Context, keys []string) (*confd.Store, error) {
	name := strings.Join(keys, "\x00")
	s.storing.Lock()
	defer s.storing.Unlock()
	if st := s.stores[name]; st != nil {
		return st, nil
	}
	st, err := confd.LoadStore(ctx, s, s.prefix, keys)
	if err != nil {
		return nil, err
	}
	if s.stores == nil {
		s.stores = map[string]*confd.Store{}
	}
	s.stores[name] = st
	return st, nil
}

// covers tells whether p lies below the prefix and means to a server what it
// says: "?", "#" and "%" are no part of a name in a URL.
func (s *snapshot) covers(p string) bool {
	if strings.ContainsAny(p, `?#%`) || strings.ContainsFunc(p, unicode.IsControl) || p != path.Clean(p) {
		return false
	}
	return s.prefix == "/" || p == s.prefix || strings.HasPrefix(p, s.prefix+"/")
}

// find looks p up in the value.
func (s *snapshot) find(p string) (v any, ok bool) {
	v = s.value
	for name := range strings.SplitSeq(strings.TrimPrefix(p, s.prefix), "/") {
		if name == "" {
			continue
		}
		m, _ := v.(map[string]any)
		if v, ok = m[name]; !ok {
			return nil, false
		}
	}
	return v, true
}

func isEmpty(v any) bool {
	switch x := v.(type) {
	case map[string]any:
		return len(x) == 0
	case []any:
		return len(x) == 0
	}
	return false
}

// hasOdd tells whether something was read that may change without the value.
func (s *snapshot) hasOdd() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.odd) > 0
}

// view is what the keys of one resource name.
type view []any

// equal compares views. Snapshots of a feed share what did not change, so that
// identity answers for all but the odd keys and the absent ones.
func (v view) equal(w view) bool {
	if len(v) != len(w) {
		return false
	}
	for i := range v {
		if !identical(v[i], w[i]) && !reflect.DeepEqual(v[i], w[i]) {
			return false
		}
	}
	return true
}

// share returns now with every part that equals its counterpart in before
// replaced by that counterpart: before itself if nothing changed.
func share(before, now any) any {
	switch n := now.(type) {
	case map[string]any:
		b, ok := before.(map[string]any)
		if ok && shareMap(b, n) {
			return before
		}
	case []any:
		b, ok := before.([]any)
		if ok && shareList(b, n) {
			return before
		}
	}
	return now
}

func shareMap(before, now map[string]any) (same bool) {
	same = len(before) == len(now)
	for k, v := range now {
		b, ok := before[k]
		if ok {
			now[k] = share(b, v)
		}
		same = same && ok && identical(now[k], b)
	}
	return same
}

func shareList(before, now []any) (same bool) {
	same = len(before) == len(now)
	for i := range min(len(before), len(now)) {
		now[i] = share(before[i], now[i])
		same = same && identical(now[i], before[i])
	}
	return same
}

// identical tells whether a and b are the same scalar, or the very same map or list.
func identical(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && reflect.ValueOf(x).Pointer() == reflect.ValueOf(y).Pointer()
	case []any:
		y, ok := b.([]any)
		return ok && len(x) == len(y) && reflect.ValueOf(x).Pointer() == reflect.ValueOf(y).Pointer()
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

// hasValue tells whether there is anything at all: empty objects leave no trace.
func hasValue(v any) bool {
	switch x := v.(type) {
	case nil:
		return false
	case map[string]any:
		for _, c := range x {
			if hasValue(c) {
				return true
			}
		}
		return false
	case []any:
		return slices.ContainsFunc(x, hasValue)
	}
	return true
}
