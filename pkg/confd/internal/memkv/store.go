package memkv

import (
	"cmp"
	"errors"
	"path"
	"slices"
	"strings"
)

// ErrNotExist is the reason of a KeyError.
var ErrNotExist = errors.New("key does not exist")

// KeyError is returned for a key that is not in the store.
type KeyError struct {
	Key string
	Err error
}

// Error says what QingCloud's confd says.
func (e *KeyError) Error() string { return e.Err.Error() + ": " + e.Key }

// Unwrap returns the reason.
func (e *KeyError) Unwrap() error { return e.Err }

// KVPair is one leaf: what get returns and gets lists. Templates use its
// fields, JSON and YAML show them.
type KVPair struct {
	Key   string
	Value string
}

// KVPairs is what gets returns. Its methods can be called by templates.
type KVPairs []KVPair

// Len is the number of pairs.
func (ks KVPairs) Len() int { return len(ks) }

// Less orders by key.
func (ks KVPairs) Less(i, j int) bool { return ks[i].Key < ks[j].Key }

// Swap exchanges two pairs.
func (ks KVPairs) Swap(i, j int) { ks[i], ks[j] = ks[j], ks[i] }

// Store holds pairs in the order of their keys, bytewise. It does not change
// once made, so any number of goroutines may read it.
type Store struct{ pairs KVPairs }

// New makes a store of pairs, which it takes over. Of pairs with the same
// key the one with the greatest value counts (QingCloud's confd takes any).
func New(pairs []KVPair) *Store {
	slices.SortFunc(pairs, func(a, b KVPair) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Value, b.Value))
	})
	kept := pairs[:0]
	for i, p := range pairs {
		if i+1 == len(pairs) || pairs[i+1].Key != p.Key {
			kept = append(kept, p)
		}
	}
	clear(pairs[len(kept):])
	return &Store{kept}
}

// Pairs lists everything, ordered by key. The caller must not change it.
func (s *Store) Pairs() KVPairs { return s.pairs }

// find is the place of the first key that is not less than key.
func (s *Store) find(key string) (int, bool) {
	return slices.BinarySearchFunc(s.pairs, key, func(p KVPair, key string) int { return strings.Compare(p.Key, key) })
}

// Exists reports whether key is a leaf. Keys match exactly.
func (s *Store) Exists(key string) bool {
	_, ok := s.find(key)
	return ok
}

// Get returns the pair of key.
func (s *Store) Get(key string) (KVPair, error) {
	i, ok := s.find(key)
	if !ok {
		return KVPair{}, &KeyError{key, ErrNotExist}
	}
	return s.pairs[i], nil
}

// GetValue returns the value of key, or the first default if key is missing.
// An empty default does not count.
func (s *Store) GetValue(key string, defaults ...string) (string, error) {
	kv, err := s.Get(key)
	if err != nil && len(defaults) > 0 && defaults[0] != "" {
		return defaults[0], nil
	}
	return kv.Value, err
}

// GetAll lists the leaves whose keys match pattern, by path.Match: no star
// crosses a slash. A bad pattern is noticed only if there is any key.
func (s *Store) GetAll(pattern string) (KVPairs, error) {
	found := KVPairs{}
	err := s.match(pattern, func(p KVPair) { found = append(found, p) })
	if err != nil {
		return nil, err
	}
	return found, nil
}

// GetAllValues lists the values of the leaves whose keys match pattern,
// sorted as strings: their order is not that of GetAll.
func (s *Store) GetAllValues(pattern string) ([]string, error) {
	values := []string{}
	err := s.match(pattern, func(p KVPair) { values = append(values, p.Value) })
	slices.Sort(values)
	return values, err
}

func (s *Store) match(pattern string, found func(KVPair)) error {
	if len(s.pairs) == 0 {
		return nil
	}
	// Only keys that start and end like the pattern can match; the first key of
	// all stands for the others when it comes to a malformed pattern.
	if _, err := path.Match(pattern, s.pairs[0].Key); err != nil {
		return err
	}
	literal := pattern
	if i := strings.IndexAny(pattern, `*?[\`); i >= 0 {
		literal = pattern[:i]
	}
	end := pattern[strings.LastIndexAny(pattern, `*?[]\`)+1:]
	from, _ := s.find(literal)
	for _, p := range s.pairs[from:] {
		if !strings.HasPrefix(p.Key, literal) {
			return nil
		}
		if !strings.HasSuffix(p.Key, end) {
			continue
		}
		ok, err := path.Match(pattern, p.Key)
		if err != nil {
			return err
		}
		if ok {
			found(p)
		}
	}
	return nil
}
