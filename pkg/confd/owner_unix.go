//go:build unix

package confd

import (
	"io/fs"
	"syscall"
)

func attributesOf(fi fs.FileInfo) attributes {
	a := attributes{mode: fi.Mode()}
	if s, ok := fi.Sys().(*syscall.Stat_t); ok {
		a.uid, a.gid = int(s.Uid), int(s.Gid)
	}
	return a
}
