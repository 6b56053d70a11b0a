package app

import "github.com/appimg/appimg/pkg/app/vfs"

// ProjectRoot is the folder of the project that dir is in: the nearest with
// appimg.toml, from dir upward to the repository's top.
func ProjectRoot(dir string) (root string, ok bool) { return projectAbove(vfs.Disk(dir), dir) }
