package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
)

// model is the data as its leaves: the plainest account of what writes mean.
type model map[string]string

func (m model) below(p string) (leaves []string) {
	for leaf := range m {
		if p == "/" || leaf == p || strings.HasPrefix(leaf, p+"/") {
			leaves = append(leaves, leaf)
		}
	}
	return leaves
}

func (m model) put(p, value string) {
	if p == "/" || len(m.below(p)) > 0 && m.below(p)[0] != p {
		return // the root and a directory with children swallow a value
	}
	for parent := path.Dir(p); parent != "/"; parent = path.Dir(parent) {
		delete(m, parent)
	}
	m[p] = value
}

func (m model) remove(p string) {
	for _, leaf := range m.below(p) {
		delete(m, leaf)
	}
}

func (m model) text() string {
	var b strings.Builder
	for _, p := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%s\t%s\n", p, m[p])
	}
	return b.String()
}

// randomWrite is a path and a value; few names, so that leaves and directories clash.
func randomWrite(r *rand.Rand) (p string, v any) {
	names := []string{"a", "a-b", "b", "c"}
	p = "/"
	for range r.IntN(4) {
		p = path.Join(p, names[r.IntN(len(names))])
	}
	if r.IntN(2) == 0 {
		return p, fmt.Sprint(r.IntN(3))
	}
	object := map[string]any{}
	for range r.IntN(4) {
		var inner any = fmt.Sprint(r.IntN(3))
		if r.IntN(3) == 0 {
			inner = map[string]any{names[r.IntN(len(names))]: "0"}
		}
		object[names[r.IntN(len(names))]] = inner
	}
	return p, object
}

func (m model) write(p string, v any) {
	switch v := v.(type) {
	case string:
		m.put(p, v)
	case map[string]any:
		for k, inner := range v {
			m.write(path.Join(p, k), inner)
		}
	}
}

func (m model) clone() model { return maps.Clone(m) }

// Random writes do to the server what they do to the model, and wake just those
// whose leaves have changed.
func TestWritesAsModel(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, m := New(Options{}), model{}
		for i := range 40 {
			p, v := randomWrite(r)
			before, version := m.clone(), s.Version()
			awaited := []string{"/", p, path.Join(p, "a"), "/a/b", "/a-b", "/c/a/b"}
			waiters := make([]*waiter, len(awaited))
			for j, a := range awaited {
				waiters[j] = s.enlist(query{path: split(a)}, 0)
			}
			rewritten := act(t, s, m, r.IntN(4), p, v)
			if got, want := string(appendText(nil, "", s.current.Load().data)), m.text(); got != want {
				t.Fatalf("seed %d, write %d of %v to %s:\ngot\n%swant\n%s", seed, i, v, p, got, want)
			}
			changed := changedLeaves(before, m, rewritten)
			for j, a := range awaited {
				want := slices.ContainsFunc(changed, func(leaf string) bool { return slices.Contains(model{leaf: ""}.below(a), leaf) })
				if got := waiters[j].fired; got != want {
					t.Fatalf("seed %d, write %d of %v to %s: waiter on %s woken = %v", seed, i, v, p, a, got)
				}
				s.dismiss(waiters[j])
			}
			if grew := s.Version() > version; grew != (len(changed) > 0) {
				t.Fatalf("seed %d, write %d: version %d → %d with %d leaves changed", seed, i, version, s.Version(), len(changed))
			}
			checkTree(t, s.current.Load().data, true)
		}
		if len(s.data.kids) > 0 || len(s.data.watches) > 0 || s.Waiting() != 0 {
			t.Fatal("waiters left something behind")
		}
	}
}

// act writes in one of four ways; rewritten are the leaves that count as
// changed whatever their values.
func act(t *testing.T, s *Server, m model, how int, p string, v any) (rewritten []string) {
	t.Helper()
	var err error
	switch how {
	case 0:
		err = s.MergeData(p, v)
		m.write(p, v)
	case 1:
		err = s.ReplaceData(p, v)
		m.remove(p)
		m.write(p, v)
	case 2:
		patch, patchErr := newPatch(split(p), v)
		if patchErr != nil {
			t.Fatal(patchErr)
		}
		err = s.Update(func(tx *Tx) error { tx.data = rewrite(tx.data, split(p), patch); return nil })
		rewritten = m.below(p)
		m.remove(p)
		m.write(p, v)
		rewritten = append(rewritten, m.below(p)...)
	case 3:
		s.Delete(p)
		m.remove(p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rewritten
}

func changedLeaves(before, after model, rewritten []string) []string {
	changed := rewritten
	for leaf := range before {
		if v, ok := after[leaf]; !ok || v != before[leaf] {
			changed = append(changed, leaf)
		}
	}
	for leaf := range after {
		if _, ok := before[leaf]; !ok {
			changed = append(changed, leaf)
		}
	}
	return changed
}

// checkTree checks what every tree keeps: sorted names, no empty directories.
func checkTree(t *testing.T, n *node, root bool) {
	t.Helper()
	if n.isLeaf() {
		return
	}
	if !root && len(n.kids()) == 0 {
		t.Fatal("an empty directory is left")
	}
	if !sort.SliceIsSorted(n.kids(), func(i, j int) bool { return n.kids()[i].name < n.kids()[j].name }) {
		t.Fatal("children are out of order")
	}
	for _, k := range n.kids() {
		checkTree(t, k.node, false)
	}
}

// The JSON written here is encoding/json's, with and without what is kept.
func TestJSONIsEncodingJSONs(t *testing.T) {
	value := map[string]any{
		"": "", "plain": "6379", "html": `<a href="x">&</a>`, "bs": `c:\d`, "ctl": "\x00\x1f\x7f\t\n\b\f",
		"uni": "数据 \u2028 😀", "bad": "\xff\xfe", "dir": map[string]any{"é": "1", "<": "2"},
	}
	for range 2 {
		n, err := newPatch([]string{"top"}, value)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(n.plain())
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if got := appendJSON(nil, n); string(got) != string(want) {
				t.Fatalf("got  %s\nwant %s", got, want)
			}
		}
	}
}

func TestMergeSharesWhatStays(t *testing.T) {
	old, _ := newPatch(nil, map[string]any{"a": map[string]any{"x": "1"}, "b": map[string]any{"y": "2"}})
	patch, _ := newPatch(nil, map[string]any{"b": map[string]any{"y": "3"}})
	merged := merge(old, patch)
	if merged.kid("a") != old.kid("a") {
		t.Error("an untouched directory was copied")
	}
	if same, _ := newPatch(nil, map[string]any{"b": map[string]any{"y": "2"}}); merge(old, same) != old {
		t.Error("merging what is there made a new tree")
	}
	if remove(old, []string{"c", "d"}) != old {
		t.Error("removing what is not there made a new tree")
	}
}

func TestDepthIsBounded(t *testing.T) {
	deep := strings.Repeat("a/", maxDepth)
	if _, err := newPatch(nil, map[string]any{deep: "1"}); err != nil {
		t.Errorf("%d levels: %v", maxDepth, err)
	}
	if _, err := newPatch([]string{"top"}, map[string]any{deep: "1"}); err != errTooDeep {
		t.Errorf("one level too many: %v", err)
	}
	s := New(Options{})
	w := s.enlist(query{path: split(deep + "a/b")}, 0)
	if len(s.data.kids) != 0 {
		t.Error("a wait where nothing can be takes memory")
	}
	s.dismiss(w)
}

func TestScalars(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{"s", "s"}, {nil, ""}, {true, "true"}, {1e3, "1000"}, {0.00001, "0.00001"}, {9007199254740993.0, "9007199254740992"},
		{7, "7"}, {int64(-7), "-7"}, {json.Number("1e3"), "1e3"},
	} {
		if got, err := scalar(c.v); got != c.want || err != nil {
			t.Errorf("scalar(%v) = %q, %v; want %q", c.v, got, err, c.want)
		}
	}
	if _, err := newPatch(nil, map[string]any{"x": struct{}{}}); err == nil {
		t.Error("a struct was taken for metadata")
	}
	n, err := newPatch(nil, map[string]any{"m": map[string]string{"k": "v"}})
	if err != nil || !reflect.DeepEqual(n.plain(), map[string]any{"m": map[string]any{"k": "v"}}) {
		t.Errorf("map[string]string: %v, %v", n.plain(), err)
	}
}
