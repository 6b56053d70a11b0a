package vfs

import "io/fs"

// FS is what lies below a tree.
func FS(t *Tree) fs.FS { return t.fsys }

// Name is what it calls the file at a path.
func Name(t *Tree, file string) string {
	name, _ := t.name("open", file)
	return name
}
