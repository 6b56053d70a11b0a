//go:build unix

package confd

import "os"

// rename puts from in place of to, at once.
func rename(from, to string) error { return os.Rename(from, to) }
