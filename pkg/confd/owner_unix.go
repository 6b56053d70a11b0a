//go:build unix

package confd

import (
	"io/fs"
	"os"
	"syscall"
)

// describe foresees the attributes of a staged file: a file's mode has
// permissions only, since Chmod drops the rest of a number.
func describe(mode fs.FileMode, uid, gid int) attributes {
	return attributes{mode & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky), uid, gid}
}

func attributesOf(fi fs.FileInfo) attributes {
	a := attributes{mode: fi.Mode()}
	if s, ok := fi.Sys().(*syscall.Stat_t); ok {
		a.uid, a.gid = int(s.Uid), int(s.Gid)
	}
	return a
}

// own gives a file its mode and owner. That they cannot be set is no error, as
// with confd.
func own(path string, mode fs.FileMode, uid, gid int) {
	_ = os.Chmod(path, mode)
	_ = os.Chown(path, uid, gid)
}
