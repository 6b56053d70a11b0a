package server

import (
	"path"
	"strings"
)

// maxDepth bounds the levels of a tree, so that walking one needs little
// stack whatever was sent. encoding/json stops at the same depth.
const maxDepth = 10000

// refusal is why a request is refused, as the client reads it.
type refusal string

func (r refusal) Error() string { return string(r) }

const errTooDeep = refusal("path has more than 10000 levels")

// split is the levels of a path, with "." and ".." resolved; none for the root.
func split(p string) []string {
	p = path.Join("/", p)
	if p == "/" {
		return nil
	}
	return strings.Split(p[1:], "/")
}

// cleanPath is p as the original's router wants it: rooted, no empty level, no
// dots; a trailing slash stays.
func cleanPath(p string) string {
	clean := path.Join("/", p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}
