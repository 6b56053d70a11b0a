package kvm

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// Content is bytes to put on a machine; they can be read from any offset, as
// often as needed.
type Content struct {
	R      io.ReaderAt
	Size   int64
	SHA256 string // lower case hex
}

// Bytes is the Content of data.
func Bytes(data []byte) Content {
	return Content{R: bytes.NewReader(data), Size: int64(len(data)), SHA256: SumOf(data)}
}

// SumOf is the sha256 of data in lower case hex.
func SumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// From is the part of c that begins at offset.
func (c Content) From(offset int64) io.Reader {
	return io.NewSectionReader(c.R, offset, c.Size-offset)
}
