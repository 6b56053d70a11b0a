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
	SHA256 string // lower case hex; "" leaves it to the caller to check what arrived
}

// Bytes is the Content of data.
func Bytes(data []byte) Content {
	return Content{R: bytes.NewReader(data), Size: int64(len(data)), SHA256: SumOf(data)}
}

// Join is the Content of parts, one after the other, which are not copied: many
// machines are sent the same ones.
func Join(parts ...[]byte) Content {
	var j joined
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
		j.parts = append(j.parts, p)
		j.size += int64(len(p))
	}
	return Content{R: &j, Size: j.size, SHA256: hex.EncodeToString(h.Sum(nil))}
}

type joined struct {
	parts [][]byte
	size  int64
}

// ReadAt reads from the parts that offset and what follows fall into.
func (j *joined) ReadAt(b []byte, offset int64) (n int, err error) {
	for _, p := range j.parts {
		if offset >= int64(len(p)) {
			offset -= int64(len(p))
			continue
		}
		n += copy(b[n:], p[offset:])
		offset = 0
		if n == len(b) {
			return n, nil
		}
	}
	return n, io.EOF
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
