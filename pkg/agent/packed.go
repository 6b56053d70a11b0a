package agent

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/gzip"
)

// Packed is a file's content in gzip's format, with what there is to know of
// it before it is unpacked.
type Packed struct {
	Gzip   []byte
	SHA256 string // of the content, lower case hex
	Size   int64  // of the content, in bytes
}

// NewPacked packs data. The sum is gzip's comment, so that readPacked need not
// unpack to know it.
func NewPacked(data []byte, level int) (*Packed, error) {
	var b bytes.Buffer
	zw, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		return nil, err
	}
	p := &Packed{SHA256: sumOf(data), Size: int64(len(data))}
	zw.Comment = p.SHA256
	_, err = zw.Write(data)
	if err = errors.Join(err, zw.Close()); err != nil {
		return nil, err
	}
	p.Gzip = b.Bytes()
	return p, nil
}

func readPacked(data []byte) (*Packed, error) {
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	const sumLen, trailer = 64, 8
	if len(zr.Comment) != sumLen || len(data) < sumLen+trailer {
		return nil, errors.New("its sum is missing")
	}
	size := binary.LittleEndian.Uint32(data[len(data)-4:])
	return &Packed{Gzip: data, SHA256: zr.Comment, Size: int64(size)}, nil
}

// Unpack is the content.
func (p *Packed) Unpack() ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(p.Gzip))
	if err != nil {
		return nil, err
	}
	data, err := readLimited(zr, p.Size)
	if err == nil && sumOf(data) != p.SHA256 {
		err = fmt.Errorf("its sha256 is not %s", p.SHA256)
	}
	return data, err
}

// Pack is b with its daemon packed, for machines: Files has it so, and Confd and
// WriteArchive have it no more. On a LAN packing better takes longer than it saves.
func (b Bundle) Pack() (Bundle, error) {
	const level = 3
	if b.packed != nil {
		return b, nil
	}
	p, err := NewPacked(b.confd, level)
	b.confd, b.packed = nil, p
	return b, err
}
