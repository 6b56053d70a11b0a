package memkv

import (
	"path"
	"slices"
	"sort"
	"strings"
)

// List names what is directly below dir, leaves and directories, sorted.
//
// The recorded behaviour is: a leaf at dir itself gives its base name; every
// leaf whose directory agrees with the cleaned dir, as far as the shorter of
// the two goes, gives the first component of what is left of its key when the
// text of dir is cut off its front. So "/" has leaves only, and below the top
// level each leaf of an ancestor leaves a bogus entry, mostly the first
// component of the path.
func (s *Store) List(dir string) []string {
	names := []string{}
	add := func(key string) {
		if key == dir {
			names = append(names, path.Base(key))
			return
		}
		names = append(names, first(cut(key, dir)))
	}
	if s.Exists(dir) {
		add(dir)
	}
	clean := path.Clean(dir)
	switch {
	case clean == "/":
		s.eachLeafIn("/", add)
	case strings.HasPrefix(clean, "/"):
		s.eachNameBelow(clean, dir, add)
		for a := path.Dir(clean); a != "/"; a = path.Dir(a) {
			s.eachLeafIn(a+"/", add)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ListDir names the directories directly below dir, sorted. Keys must start
// with the very text of dir; "/" never has any.
func (s *Store) ListDir(dir string) []string {
	names := []string{}
	clean := path.Clean(dir)
	if clean == "/" || !strings.HasPrefix(clean, "/") {
		return names
	}
	s.eachNameBelow(clean, clean, func(key string) {
		if name, _, ok := strings.Cut(key[len(clean)+1:], "/"); ok && s.anyWithPrefix(dir, clean+"/"+name+"/") {
			names = append(names, name)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// anyWithPrefix reports whether a key starts with both texts.
func (s *Store) anyWithPrefix(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i, _ := s.find(b)
	return strings.HasPrefix(b, a) && i < len(s.pairs) && strings.HasPrefix(s.pairs[i].Key, b)
}

// eachNameBelow calls add with at least one key for every name directly below
// clean, and with every key where dir is not written as clean is.
func (s *Store) eachNameBelow(clean, dir string, add func(key string)) {
	below := clean + "/"
	everyKey := dir != clean && dir != below
	for i, _ := s.find(below); i < len(s.pairs) && strings.HasPrefix(s.pairs[i].Key, below); {
		key := s.pairs[i].Key
		add(key)
		slash := strings.IndexByte(key[len(below):], '/')
		if everyKey || slash < 0 {
			i++
			continue
		}
		i = s.after(i, key[:len(below)+slash+1])
	}
}

// eachLeafIn calls add with the keys directly in dir, which ends in a slash.
func (s *Store) eachLeafIn(dir string, add func(key string)) {
	for i, _ := s.find(dir); i < len(s.pairs) && strings.HasPrefix(s.pairs[i].Key, dir); {
		key := s.pairs[i].Key
		slash := strings.IndexByte(key[len(dir):], '/')
		if slash < 0 {
			add(key)
			i++
			continue
		}
		i = s.after(i, key[:len(dir)+slash+1])
	}
}

// after is the first place from i on whose key does not start with prefix.
func (s *Store) after(i int, prefix string) int {
	return i + sort.Search(len(s.pairs)-i, func(n int) bool {
		return !strings.HasPrefix(s.pairs[i+n].Key, prefix)
	})
}

// cut takes the text of dir, and then a slash, off the front of key.
func cut(key, dir string) string {
	return strings.TrimPrefix(strings.TrimPrefix(key, dir), "/")
}

// first is the first component of rest.
func first(rest string) string {
	name, _, _ := strings.Cut(rest, "/")
	return name
}
