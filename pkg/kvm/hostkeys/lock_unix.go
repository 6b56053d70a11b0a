//go:build unix

package hostkeys

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock waits for the lock file. It goes away with its last holder.
func lock(file string) (unlock func(), err error) {
	for {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
			f.Close()
			return nil, err
		}
		// The holder before may have removed the file that was waited for.
		mine, err1 := f.Stat()
		there, err2 := os.Stat(file)
		if err1 == nil && err2 == nil && os.SameFile(mine, there) {
			return func() { os.Remove(file); f.Close() }, nil
		}
		f.Close()
	}
}
