package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/appimg/appimg/pkg/kvm"
)

// Snapshot is what a machine's system disk had at a time.
type Snapshot struct {
	Host  string
	Taken int64 // seconds since 1970, by the machine's clock

	files map[string]entry
}

// Take lists a machine's system disk, without what an audit never counts.
func Take(ctx context.Context, h kvm.Host) (*Snapshot, error) {
	l, err := list(ctx, h, "all")
	if err != nil {
		return nil, err
	}
	s := &Snapshot{Host: h.Name(), Taken: l.clock, files: make(map[string]entry, len(l.files))}
	for _, e := range l.files {
		s.files[e.Path] = e
	}
	return s, nil
}

// Len is the number of files.
func (s *Snapshot) Len() int { return len(s.files) }

const (
	snapshotVersion = 1
	maxSnapshot     = 1 << 30 // bytes, unpacked
)

type snapshotHead struct {
	Version int    `json:"appimg_snapshot"`
	Host    string `json:"host"`
	Taken   int64  `json:"taken"`
}

// Write writes the snapshot: JSON lines, packed with gzip.
func (s *Snapshot) Write(w io.Writer) error {
	zw := gzip.NewWriter(w)
	enc := json.NewEncoder(zw)
	err := enc.Encode(snapshotHead{snapshotVersion, s.Host, s.Taken})
	for _, e := range s.files {
		if err == nil {
			err = enc.Encode(e)
		}
	}
	return errors.Join(err, zw.Close())
}

// Read reads what Write wrote.
func Read(r io.Reader) (*Snapshot, error) {
	zr, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("it is no snapshot: %w", err)
	}
	dec := json.NewDecoder(io.LimitReader(bufio.NewReader(zr), maxSnapshot))
	var head snapshotHead
	if err := dec.Decode(&head); err != nil || head.Version != snapshotVersion {
		return nil, errors.New("it is no snapshot of this version of appimg")
	}
	s := &Snapshot{Host: head.Host, Taken: head.Taken, files: map[string]entry{}}
	for {
		var e entry
		err := dec.Decode(&e)
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, fmt.Errorf("it is cut or damaged: %w", err)
		}
		s.files[e.Path] = e
	}
}

// change is how e differs from what the snapshot has: "new", "changed", or ""
// where the content is as it was. A nil snapshot does not know.
func (s *Snapshot) change(e entry) (how string, differs bool) {
	if s == nil {
		return "", true
	}
	was, there := s.files[e.Path]
	switch {
	case !there:
		return "new", true
	case was.Size == e.Size && was.MTime == e.MTime && was.Inode == e.Inode:
		return "", false
	}
	return "changed", true
}
