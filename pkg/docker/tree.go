package docker

import (
	"archive/tar"
	"io"
	"path"
	"slices"
	"strings"
)

// maxLinks bounds how many symbolic links one path may lead through.
const maxLinks = 255

// node is what an image has at a path, without the content.
type node struct {
	Path  string // no leading slash; "" is the root
	Type  byte   // of archive/tar: TypeReg, TypeDir, TypeSymlink, …
	Mode  int64
	UID   int
	GID   int
	Link  string
	Attrs map[string]string // extended attributes of a folder, as PAX records
}

// tree is the file system of an image as far as a further layer has to know
// it: where the links lead (/bin is usr/bin on many systems, and a file at
// bin/x must not replace the link by a folder) and what the folders look like
// (a layer repeats them, and /tmp must stay what it is).
type tree struct {
	nodes map[string]node
}

func newTree() *tree { return &tree{map[string]node{}} }

// readNodes lists what the uncompressed layer r holds.
func readNodes(r io.Reader) ([]node, error) {
	var out []node
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			// The rest is padding, but a checksum above wants to see it.
			_, err = io.Copy(io.Discard, r)
			return out, err
		}
		if err != nil {
			return nil, err
		}
		n := node{Path: cleanPath(h.Name), Type: h.Typeflag, Mode: h.Mode, UID: h.Uid, GID: h.Gid, Link: h.Linkname}
		if h.Typeflag == tar.TypeDir {
			n.Attrs = xattrs(h.PAXRecords)
		}
		out = append(out, n)
	}
}

func xattrs(records map[string]string) map[string]string {
	var out map[string]string
	for k, v := range records {
		if strings.HasPrefix(k, "SCHILY.xattr.") {
			if out == nil {
				out = map[string]string{}
			}
			out[k] = v
		}
	}
	return out
}

func cleanPath(p string) string { return strings.TrimPrefix(path.Clean("/"+p), "/") }

// Whiteouts of the image format: ".wh.NAME" removes NAME, ".wh..wh..opq" all
// that the folder has from below.
const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

// apply lays a layer over t.
func (t *tree) apply(layer []node) {
	gone, emptied := map[string]bool{}, map[string]bool{}
	for _, n := range layer {
		dir, base := path.Split(n.Path)
		dir = strings.TrimSuffix(dir, "/")
		switch {
		case base == opaque:
			emptied[dir] = true
		case strings.HasPrefix(base, whiteout):
			gone[path.Join(dir, strings.TrimPrefix(base, whiteout))] = true
		case n.Type != tar.TypeDir && t.nodes[n.Path].Type == tar.TypeDir:
			gone[n.Path] = true
		}
	}
	if len(gone)+len(emptied) > 0 {
		t.remove(gone, emptied)
	}
	for _, n := range layer {
		if !strings.HasPrefix(path.Base(n.Path), whiteout) {
			t.add(n)
		}
	}
}

func (t *tree) remove(gone, emptied map[string]bool) {
	for p := range t.nodes {
		if gone[p] {
			delete(t.nodes, p)
			continue
		}
		for dir := parent(p); p != ""; dir = parent(dir) {
			if gone[dir] || emptied[dir] {
				delete(t.nodes, p)
				break
			}
			if dir == "" {
				break
			}
		}
	}
}

func (t *tree) add(n node) { t.nodes[n.Path] = n }

func parent(p string) string {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i]
	}
	return ""
}

// resolve is the path that p means: links in its folders are followed, and in
// its last element too where last is set. What is not there resolves to itself.
// Links that go round in circles are left as they are.
func (t *tree) resolve(p string, last bool) string {
	todo := strings.Split(cleanPath(p), "/")
	done := ""
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			done = parent(done)
			continue
		}
		next := path.Join(done, name)
		n := t.nodes[next]
		if n.Type != tar.TypeSymlink || (len(todo) == 0 && !last) {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return cleanPath(p)
		}
		if path.IsAbs(n.Link) {
			done = ""
		}
		todo = slices.Concat(strings.Split(n.Link, "/"), todo)
	}
	return done
}

// has reports whether a program or file can be reached at p.
func (t *tree) has(p string) bool {
	n, ok := t.nodes[t.resolve(p, true)]
	return ok && n.Type != tar.TypeDir
}
