package docker

import (
	"fmt"
	"io/fs"
	"syscall"
	"time"
)

// settled is how long a file must have been left alone before its times can be
// trusted to show the next change: clocks of file systems are coarse.
const settled = 2 * time.Second

// fileStamp changes whenever the file's content does: the kernel sets the
// change time, and nobody can set it back.
func fileStamp(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	changed := time.Unix(st.Ctim.Unix())
	if age := time.Since(changed); age < settled {
		return ""
	}
	return fmt.Sprintf("%d:%d:%d:%d:%d", st.Dev, st.Ino, st.Size, st.Mtim.Nano(), st.Ctim.Nano())
}
