package confd

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"

	"github.com/appimg/appimg/pkg/diag"
)

// openElsewhere is how long a file may be open in another program before its
// replacement is given up: a reader is done soon, a server that keeps its
// configuration open is not.
const openElsewhere = 2 * time.Second

// rename puts from in place of to, at once. Windows refuses that while a
// program has to open without sharing its removal, and where it is read-only.
func rename(from, to string) error {
	deadline := time.Now().Add(openElsewhere)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		err := os.Rename(from, to)
		denied := errors.Is(err, windows.ERROR_ACCESS_DENIED)
		if !denied && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
			return err
		}
		if fi, statErr := os.Stat(to); denied && statErr == nil && fi.Mode()&0o200 == 0 {
			if chmodErr := os.Chmod(to, 0o666); chmodErr == nil {
				err = os.Rename(from, to)
			}
		}
		if err == nil || time.Now().After(deadline) {
			return diag.WithHint(err, "a program that has the file open keeps it from being replaced: let it close the file after reading")
		}
		time.Sleep(wait)
	}
}
