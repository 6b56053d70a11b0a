//go:build !unix

package hostkeys

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// lock waits until it can create the lock file, at most ten seconds: a lock
// that is older was left behind by a crash.
func lock(file string) (unlock func(), err error) {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return func() { f.Close(); os.Remove(file) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if time.Now().After(end) {
			os.Remove(file)
		}
	}
}
