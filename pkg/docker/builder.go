package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Builder makes images and brings them where they should be. Its fields are
// set before the first use; then it may be used by several goroutines.
type Builder struct {
	Cache      *Cache
	Registries *Registries
	// Progress is told how the work goes on, one event at a time; nil for nobody.
	Progress func(Event)

	once sync.Once
	ev   *events
}

func (b *Builder) events() *events {
	b.once.Do(func() { b.ev = &events{show: b.Progress} })
	return b.ev
}

// packed is what the cache knows of a layer that has been compressed.
type packed struct {
	Digest v1.Hash
	Size   int64
}

const packedKind = "layers-" + gzipFormat

// recallLayer finds the compressed form of a layer by its content.
func (b *Builder) recallLayer(diffID v1.Hash) (packed, bool) {
	var p packed
	if !b.Cache.recall(packedKind, diffID.Hex, &p) || !b.Cache.has(p.Digest, p.Size) {
		return p, false
	}
	b.Cache.use(p.Digest)
	return p, true
}

// packLayer compresses a layer, unless that has been done before. It is known
// again by its content; and to know that, files that have not been touched since
// are not even read.
func (b *Builder) packLayer(ctx context.Context, title string, mt types.MediaType, members []entry) (*blob, error) {
	var diffID v1.Hash
	stamp := stampOf(members)
	if stamp != "" && b.Cache.recall(stampKind, stamp, &diffID) {
		if p, ok := b.recallLayer(diffID); ok {
			return b.cachedLayer(title, mt, diffID, p), nil
		}
	}
	write := func(ctx context.Context, w io.Writer) error { return writeLayer(ctx, w, members) }
	raw := &hashing{h: newHash()}
	if err := write(ctx, raw); err != nil {
		return nil, err
	}
	diffID = raw.sum()
	p, ok := b.recallLayer(diffID)
	if !ok {
		var err error
		if p, err = b.compress(ctx, title, diffID, raw.n, write); err != nil {
			return nil, err
		}
	}
	if stamp != "" {
		b.Cache.record(stampKind, stamp, diffID)
	}
	return b.cachedLayer(title, mt, diffID, p), nil
}

const stampKind = "stamps"

// compress writes a layer into the cache. It must turn out to be diffID.
func (b *Builder) compress(ctx context.Context, title string, diffID v1.Hash, size int64, write func(context.Context, io.Writer) error) (packed, error) {
	in, err := b.Cache.newBlob()
	if err != nil {
		return packed{}, err
	}
	defer in.discard()
	again := &hashing{h: newHash(), told: func(n int64) {
		b.events().send(Event{Stage: StageCompress, Item: title, Bytes: n, Total: size})
	}}
	zw := newGzipWriter(in)
	err = write(ctx, io.MultiWriter(again, zw))
	if cerr := zw.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return packed{}, err
	}
	if again.sum() != diffID {
		return packed{}, fmt.Errorf("packing %s: its files changed meanwhile", title)
	}
	p := packed{Size: in.size}
	if p.Digest, err = in.keep(); err != nil {
		return packed{}, err
	}
	b.Cache.record(packedKind, diffID.Hex, p)
	b.events().send(Event{Stage: StageCompress, Item: title, Bytes: size, Total: size, Done: true})
	return p, nil
}

// cachedLayer is a layer that lies in the cache.
func (b *Builder) cachedLayer(title string, mt types.MediaType, diffID v1.Hash, p packed) *blob {
	return &blob{
		desc: v1.Descriptor{MediaType: mt, Size: p.Size, Digest: p.Digest}, diffID: diffID, title: title,
		open: func(context.Context) (io.ReadCloser, error) {
			f, ok := b.Cache.blob(p.Digest, p.Size)
			if !ok {
				return nil, fmt.Errorf("reading %s from the cache: it has been removed meanwhile, run again", p.Digest)
			}
			return b.Cache.checkedReader(f, p.Digest), nil
		},
	}
}

// hashing counts and hashes what is written to it.
type hashing struct {
	h       hash.Hash
	n, last int64
	told    func(int64)
}

func (w *hashing) Write(p []byte) (int, error) {
	w.n += int64(len(p))
	if w.told != nil && w.n-w.last >= 4*countStep {
		w.last = w.n
		w.told(w.n)
	}
	return w.h.Write(p)
}

func (w *hashing) sum() v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(w.h.Sum(nil))}
}

func newHash() hash.Hash { return sha256.New() }
