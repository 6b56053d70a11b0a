package docker

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/diag"
)

// entry is one thing to put into a layer.
type entry struct {
	node
	size int64
	open func() (io.ReadCloser, error) // of a regular file
	from string                        // where it is on disk, for messages
	// stamp changes when the content does, without reading it; "" where that is
	// not known.
	stamp string
}

func fileEntry(p string, mode int64, data []byte) entry {
	return entry{
		node:  node{Path: cleanPath(p), Type: tar.TypeReg, Mode: mode},
		size:  int64(len(data)),
		open:  func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
		stamp: sum(data).Hex,
	}
}

func dirEntry(p string) entry {
	return entry{node: node{Path: cleanPath(p), Type: tar.TypeDir, Mode: 0o755}}
}

// layOver turns entries into the members of a layer over t, sorted, with every
// folder above them, and adds them to t. A folder that is there already keeps
// its mode and owner; links in t are followed, never replaced by folders.
func (t *tree) layOver(entries []entry) []entry {
	members := map[string]entry{}
	for _, e := range entries {
		e.Path = t.resolve(e.Path, e.Type == tar.TypeDir)
		if e.Path == "" {
			continue
		}
		for dir := parent(e.Path); dir != ""; dir = parent(dir) {
			if _, ok := members[dir]; !ok {
				members[dir] = t.folder(dir)
			}
		}
		if e.Type == tar.TypeDir {
			e = t.folder(e.Path)
		}
		members[e.Path] = e
	}
	out := slices.SortedFunc(maps.Values(members), func(a, b entry) int { return strings.Compare(a.Path, b.Path) })
	for _, e := range out {
		t.add(e.node)
	}
	return out
}

func (t *tree) folder(p string) entry {
	if n, ok := t.nodes[p]; ok && n.Type == tar.TypeDir {
		return entry{node: n}
	}
	return dirEntry(p)
}

// epoch is the time of everything in a layer.
func epoch() time.Time { return time.Unix(0, 0) }

// writeLayer writes members as a tar whose bytes depend on nothing else: every
// time is the epoch, and no names of users.
func writeLayer(ctx context.Context, w io.Writer, members []entry) error {
	tw := tar.NewWriter(w)
	for _, e := range members {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := writeMember(tw, e); err != nil {
			return err
		}
	}
	return tw.Close()
}

func writeMember(tw *tar.Writer, e entry) error {
	h := &tar.Header{
		Name: e.Path, Typeflag: e.Type, Mode: e.Mode, Uid: e.UID, Gid: e.GID,
		Linkname: e.Link, Size: e.size, PAXRecords: e.Attrs, ModTime: epoch(),
	}
	if e.Type == tar.TypeDir {
		h.Name += "/"
	}
	if err := tw.WriteHeader(h); err != nil {
		return fmt.Errorf("packing %q: %w", cmp.Or(e.from, e.Path), diag.Reason(err))
	}
	if e.Type != tar.TypeReg {
		return nil
	}
	r, err := e.open()
	if err != nil {
		return fmt.Errorf("packing %q: %w", cmp.Or(e.from, e.Path), diag.Reason(err))
	}
	defer r.Close()
	n, err := io.Copy(tw, io.LimitReader(r, e.size+1))
	if err == nil && n < e.size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("packing %q (did it change meanwhile?): %w", cmp.Or(e.from, e.Path), diag.Reason(err))
	}
	return nil
}

// stampOf names the content of members without reading files; "" where one of
// them has no stamp.
func stampOf(members []entry) string {
	h := newHash()
	for _, e := range members {
		if e.Type == tar.TypeReg && e.stamp == "" {
			return ""
		}
		fmt.Fprintf(h, "%q %c %o %d %d %q %q %d %q\n", e.Path, e.Type, e.Mode, e.UID, e.GID, e.Link, e.Attrs, e.size, e.stamp)
	}
	return hex.EncodeToString(h.Sum(nil))
}
