//go:build !unix

package confd

import "io/fs"

// attributesOf has no owners where the system has none.
func attributesOf(fi fs.FileInfo) attributes {
	return attributes{mode: fi.Mode(), uid: -1, gid: -1}
}
