package docker

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const treeKind = "trees-1"

// tree is the file system of the whole base; what has to be fetched is fetched
// a few layers at a time.
func (b *Builder) tree(ctx context.Context, from *base) (*tree, error) {
	layers := make([][]node, len(from.layers))
	err := forEach(ctx, pushJobs, indexes(layers), func(ctx context.Context, i int) (err error) {
		layers[i], err = b.nodes(ctx, from.layers[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	t := newTree()
	for _, l := range layers {
		t.apply(l)
	}
	return t, nil
}

// nodes lists what a layer of a base holds: from the cache, or by reading it.
func (b *Builder) nodes(ctx context.Context, l *blob) ([]node, error) {
	var out []node
	if l.diffID.Hex != "" && b.Cache.recall(treeKind, l.diffID.Hex, &out) {
		return out, nil
	}
	r, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	plain, err := uncompress(r, l.desc.MediaType)
	if err != nil {
		return nil, fmt.Errorf("unpacking %s: %w", short(l.desc.Digest), err)
	}
	defer plain.Close()
	h := &hashing{h: newHash()}
	if out, err = readNodes(io.TeeReader(plain, h)); err != nil {
		return nil, fmt.Errorf("unpacking %s: %w", short(l.desc.Digest), err)
	}
	if got := h.sum(); got != l.diffID {
		return nil, fmt.Errorf("unpacking %s: its content is %s, its config says %s", short(l.desc.Digest), short(got), short(l.diffID))
	}
	b.Cache.record(treeKind, l.diffID.Hex, out)
	return out, nil
}

func uncompress(r io.Reader, mt types.MediaType) (io.ReadCloser, error) {
	if strings.HasSuffix(string(mt), "+zstd") {
		zr, err := zstd.NewReader(r)
		if err != nil {
			return nil, err
		}
		return zr.IOReadCloser(), nil
	}
	if strings.HasSuffix(string(mt), ".tar") {
		return io.NopCloser(r), nil
	}
	return gzip.NewReader(r)
}
