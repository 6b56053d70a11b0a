package docker

import (
	"archive/tar"
	"bytes"
	"maps"
	"slices"
	"testing"
)

func treeOf(t testing.TB, layers ...[]byte) *tree {
	t.Helper()
	out := newTree()
	for _, l := range layers {
		nodes, err := readNodes(bytes.NewReader(l))
		if err != nil {
			t.Fatal(err)
		}
		out.apply(nodes)
	}
	return out
}

func TestLayersOverEachOther(t *testing.T) {
	lower := tarOf(t, dirH("a", 0o755, 0), tar.Header{Name: "a/1"}, dirH("a/b", 0o755, 0), tar.Header{Name: "a/b/2"}, tar.Header{Name: "c"}, dirH("d", 0o755, 0), tar.Header{Name: "d/3"}, dirH("ab", 0o755, 0), tar.Header{Name: "ab/x"})
	for name, c := range map[string]struct {
		upper []tar.Header
		want  []string
	}{
		"a file is removed":            {[]tar.Header{{Name: ".wh.c"}}, []string{"a", "a/1", "a/b", "a/b/2", "ab", "ab/x", "d", "d/3"}},
		"a folder is removed":          {[]tar.Header{{Name: ".wh.a"}}, []string{"ab", "ab/x", "c", "d", "d/3"}},
		"a folder is emptied":          {[]tar.Header{{Name: "a/.wh..wh..opq"}, {Name: "a/new"}}, []string{"a", "a/new", "ab", "ab/x", "c", "d", "d/3"}},
		"a file replaces a folder":     {[]tar.Header{{Name: "d"}}, []string{"a", "a/1", "a/b", "a/b/2", "ab", "ab/x", "c", "d"}},
		"order within it is no matter": {[]tar.Header{{Name: "a/new"}, {Name: "a/.wh..wh..opq"}}, []string{"a", "a/new", "ab", "ab/x", "c", "d", "d/3"}},
		"dots in names":                {[]tar.Header{{Name: "./e"}, {Name: "./.wh.d"}}, []string{"a", "a/1", "a/b", "a/b/2", "ab", "ab/x", "c", "e"}},
	} {
		got := slices.Sorted(maps.Keys(treeOf(t, lower, tarOf(t, c.upper...)).nodes))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestResolve(t *testing.T) {
	tr := treeOf(t, tarOf(t, dirH("usr", 0o755, 0), dirH("usr/bin", 0o755, 0), linkH("bin", "usr/bin"), linkH("sbin", "/bin"), linkH("up", "../../.."), linkH("loop", "loop2"), linkH("loop2", "loop"), linkH("usr/bin/sh", "busybox"), linkH("gone", "not/there")))
	for p, want := range map[string]string{
		"bin/x": "usr/bin/x", "/sbin/x": "usr/bin/x", "up/x": "x", "usr/../bin/x": "usr/bin/x", "new/x": "new/x",
		"bin": "bin", "usr/bin/sh": "usr/bin/sh", "gone/x": "not/there/x", "loop/x": "loop/x", "": "", "../x": "x",
	} {
		if got := tr.resolve(p, false); got != want {
			t.Errorf("resolve(%q) = %q, want %q", p, got, want)
		}
	}
	if got := tr.resolve("bin", true); got != "usr/bin" {
		t.Errorf("the folder bin is %q", got)
	}
}

func FuzzTree(f *testing.F) {
	f.Add(tarOf(f, dirH("a", 0o755, 0), linkH("b", "a"), tar.Header{Name: ".wh.a"}), "b/c")
	f.Add(tarOf(f, linkH("a", "../a/b"), linkH("b", "/")), "a/b/../c")
	f.Fuzz(func(t *testing.T, layer []byte, p string) {
		nodes, err := readNodes(bytes.NewReader(layer))
		if err != nil {
			return
		}
		tr := newTree()
		tr.apply(nodes)
		tr.apply(nodes)
		if got := tr.resolve(p, true); got != cleanPath(got) {
			t.Errorf("resolve(%q) = %q is not clean", p, got)
		}
		for _, m := range tr.layOver([]entry{fileEntry(p, 0o644, nil)}) {
			if m.Path == "" || m.Path != cleanPath(m.Path) {
				t.Errorf("member %q", m.Path)
			}
		}
	})
}
