package memkv_test

import (
	"errors"
	"math/rand/v2"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/confd/internal/memkv"
)

func storeOf(keys ...string) *memkv.Store {
	var pairs []memkv.KVPair
	for _, k := range keys {
		pairs = append(pairs, memkv.KVPair{Key: k, Value: "v" + k})
	}
	return memkv.New(pairs)
}

func TestSameKeyTwice(t *testing.T) {
	s := memkv.New([]memkv.KVPair{{Key: "/a", Value: "2"}, {Key: "/b", Value: "x"}, {Key: "/a", Value: "1"}})
	if got := s.Pairs(); !reflect.DeepEqual(got, memkv.KVPairs{{Key: "/a", Value: "2"}, {Key: "/b", Value: "x"}}) {
		t.Errorf("got %v", got)
	}
}

func TestGetValue(t *testing.T) {
	s := storeOf("/a")
	for _, c := range []struct {
		key      string
		defaults []string
		want     string
		missing  bool
	}{
		{"/a", nil, "v/a", false},
		{"/a", []string{"d"}, "v/a", false},
		{"/b", []string{"d", "e"}, "d", false},
		{"/b", []string{""}, "", true},
		{"/b", []string{"", "e"}, "", true},
		{"/b", nil, "", true},
		{"/a/", nil, "", true},
	} {
		got, err := s.GetValue(c.key, c.defaults...)
		if got != c.want || errors.Is(err, memkv.ErrNotExist) != c.missing {
			t.Errorf("GetValue(%q, %q) = %q, %v", c.key, c.defaults, got, err)
		}
	}
}

func TestKVPairsAsTemplatesSeeThem(t *testing.T) {
	all, err := storeOf("/b", "/a").GetAll("/*")
	if err != nil || all.Len() != 2 || !all.Less(0, 1) {
		t.Errorf("got %v, %v", all, err)
	}
	all.Swap(0, 1)
	if all[0].Key != "/b" {
		t.Errorf("Swap did nothing: %v", all)
	}
}

// The rule as List's comment has it, key by key.
func naiveList(keys []string, dir string) []string {
	terms := func(p string) []string { return strings.Split(path.Clean(p), "/") }
	names := []string{}
	for _, k := range keys {
		if k == dir {
			names = append(names, path.Base(k))
			continue
		}
		want, have := terms(dir), terms(path.Dir(k))
		n := min(len(want), len(have))
		if slices.Equal(want[:n], have[:n]) {
			rest := strings.TrimPrefix(strings.TrimPrefix(k, dir), "/")
			names = append(names, strings.Split(rest, "/")[0])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func naiveListDir(keys []string, dir string) []string {
	terms := func(p string) []string { return strings.Split(path.Clean(p), "/") }
	names := []string{}
	for _, k := range keys {
		want, have := terms(dir), terms(path.Dir(k))
		if strings.HasPrefix(k, dir) && len(have) > len(want) && slices.Equal(want, have[:len(want)]) {
			names = append(names, have[len(want)])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func naiveGetAll(keys []string, pattern string) []string {
	found := []string{}
	for _, k := range keys {
		if ok, _ := path.Match(pattern, k); ok {
			found = append(found, k)
		}
	}
	slices.Sort(found)
	return found
}

// What jumps over whole subtrees must find what looking at every key finds.
func TestListsAgreeWithTheirRules(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"a", "b", "a-b", "ab", "a.b", ".x", "..y", "0", "10", "é", "a0"}
	key := func(depth int) string {
		k := ""
		for range 1 + r.IntN(depth) {
			k += "/" + words[r.IntN(len(words))]
		}
		return k
	}
	mangle := []func(string) string{
		func(s string) string { return s }, func(s string) string { return s + "/" }, func(s string) string { return "/" + s },
		func(s string) string { return s + "//" }, func(s string) string { return s + "/." }, func(s string) string { return s + "/.." },
		func(s string) string { return strings.TrimPrefix(s, "/") }, func(s string) string { return s[:len(s)/2] },
		func(s string) string { return strings.Replace(s, "/", "//", 2) },
	}
	for range 3000 {
		seen := map[string]bool{}
		for range r.IntN(30) {
			seen[key(5)] = true
		}
		if r.IntN(10) == 0 {
			seen["/"] = true
		}
		var keys []string
		for k := range seen {
			keys = append(keys, k)
		}
		s := storeOf(keys...)
		for range 20 {
			dir := mangle[r.IntN(len(mangle))](key(4))
			if got, want := s.List(dir), naiveList(keys, dir); !slices.Equal(got, want) {
				t.Fatalf("List(%q) of %q = %q, want %q", dir, keys, got, want)
			}
			if got, want := s.ListDir(dir), naiveListDir(keys, dir); !slices.Equal(got, want) {
				t.Fatalf("ListDir(%q) of %q = %q, want %q", dir, keys, got, want)
			}
			pattern := strings.ReplaceAll(key(4), words[r.IntN(4)], []string{"*", "?", "[a-c]", `\a`}[r.IntN(4)])
			got := []string{}
			all, err := s.GetAll(pattern)
			for _, kv := range all {
				got = append(got, kv.Key)
			}
			if want := naiveGetAll(keys, pattern); err != nil || !slices.Equal(got, want) {
				t.Fatalf("GetAll(%q) of %q = %q, %v, want %q", pattern, keys, got, err, want)
			}
		}
	}
	for _, dir := range []string{"", "/", "//", ".", "..", "/."} {
		keys := []string{"/", "/a", "/b/c"}
		if got, want := storeOf(keys...).List(dir), naiveList(keys, dir); !slices.Equal(got, want) {
			t.Errorf("List(%q) = %q, want %q", dir, got, want)
		}
		if got, want := storeOf(keys...).ListDir(dir), naiveListDir(keys, dir); !slices.Equal(got, want) {
			t.Errorf("ListDir(%q) = %q, want %q", dir, got, want)
		}
	}
}

func BenchmarkList(b *testing.B) {
	var keys []string
	for i := range 100 {
		for _, leaf := range []string{"ip", "sid", "gsid", "node_id", "instance_id", "cpu", "memory", "role"} {
			keys = append(keys, "/hosts/master/i-"+string(rune('a'+i%26))+string(rune('a'+i/26))+"/"+leaf)
		}
	}
	s := storeOf(keys...)
	b.ReportAllocs()
	for b.Loop() {
		s.List("/hosts/master")
	}
}
