//go:build !linux

package daemon

import "io/fs"

// identity has nothing to add to size, time and mode here.
func identity(fs.FileInfo) (inode, changed int64) { return 0, 0 }
