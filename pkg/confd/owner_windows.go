package confd

import "io/fs"

// describe and attributesOf leave mode and owner out: Windows has neither, and
// what a mode sets there, the read-only attribute, is in the way of the next
// change.
func describe(fs.FileMode, int, int) attributes { return attributes{} }

func attributesOf(fs.FileInfo) attributes { return attributes{} }

// own does nothing, for the same reason.
func own(string, fs.FileMode, int, int) {}
