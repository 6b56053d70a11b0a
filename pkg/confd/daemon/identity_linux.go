package daemon

import (
	"io/fs"
	"syscall"
)

// identity is a file's inode and the time of its last change of status.
func identity(fi fs.FileInfo) (inode, changed int64) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0
	}
	return int64(st.Ino), st.Ctim.Nano()
}
