package docker

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Cache keeps what is expensive to get twice: layers of bases that were
// downloaded, layers that were compressed, and what their trees look like.
// Everything in it can be thrown away at any time, and is checked when read.
// Several processes may use one.
type Cache struct {
	dir   string
	locks sync.Map // digest → *sync.Mutex: one download of a blob at a time
}

// NewCache is a cache in dir, which is made when something is first kept.
func NewCache(dir string) *Cache { return &Cache{dir: dir} }

func (c *Cache) blobPath(h v1.Hash) string { return filepath.Join(c.dir, "blobs", h.Algorithm, h.Hex) }

func (c *Cache) lock(h v1.Hash) (unlock func()) {
	m, _ := c.locks.LoadOrStore(h.String(), &sync.Mutex{})
	mu := m.(*sync.Mutex)
	mu.Lock()
	return mu.Unlock
}

// blob opens a kept blob. A wrong size counts as absent; wrong content shows at
// the end of reading, as an error, and the blob is dropped.
func (c *Cache) blob(h v1.Hash, size int64) (*os.File, bool) {
	f, err := os.Open(c.blobPath(h))
	if err != nil {
		return nil, false
	}
	if fi, err := f.Stat(); err != nil || fi.Size() != size {
		f.Close()
		return nil, false
	}
	return f, true
}

func (c *Cache) has(h v1.Hash, size int64) bool {
	fi, err := os.Stat(c.blobPath(h))
	return err == nil && fi.Size() == size
}

// use marks a blob as wanted, for prune.
func (c *Cache) use(h v1.Hash) {
	now := time.Now()
	// At worst it is thrown away early.
	_ = os.Chtimes(c.blobPath(h), now, now)
}

func (c *Cache) drop(h v1.Hash) { _ = os.Remove(c.blobPath(h)) }

// small reads a manifest or config that keepSmall has kept.
func (c *Cache) small(h v1.Hash) ([]byte, bool) {
	data, err := os.ReadFile(c.blobPath(h))
	if err != nil || sum(data) != h {
		return nil, false
	}
	return data, true
}

// keepSmall keeps a manifest or config; that it cannot is no reason to stop.
func (c *Cache) keepSmall(data []byte) {
	in, err := c.newBlob()
	if err != nil {
		return
	}
	defer in.discard()
	if _, err := io.Copy(in, bytes.NewReader(data)); err == nil {
		_, _ = in.keep()
	}
}

// incoming is a blob on its way into the cache: hashed while it is written, and
// only there for others once keep has been called.
type incoming struct {
	c    *Cache
	f    *os.File
	hash hash.Hash
	size int64
}

func (c *Cache) newBlob() (*incoming, error) {
	dir := filepath.Join(c.dir, "blobs", "sha256")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the cache: %w", err)
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return nil, fmt.Errorf("writing to the cache: %w", err)
	}
	return &incoming{c: c, f: f, hash: newHash()}, nil
}

func (in *incoming) Write(p []byte) (int, error) {
	n, err := in.f.Write(p)
	in.hash.Write(p[:n])
	in.size += int64(n)
	return n, err
}

func (in *incoming) digest() v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(in.hash.Sum(nil))}
}

// discard gives up what was written. After keep it does nothing.
func (in *incoming) discard() {
	if in.f != nil {
		in.f.Close()
		os.Remove(in.f.Name())
		in.f = nil
	}
}

func (in *incoming) keep() (v1.Hash, error) {
	h := in.digest()
	name := in.f.Name()
	err := in.f.Close()
	in.f = nil
	if err == nil {
		err = os.Rename(name, in.c.blobPath(h))
	}
	if err != nil {
		os.Remove(name)
		return h, fmt.Errorf("writing to the cache: %w", err)
	}
	return h, nil
}

// record stores v under a kind and a key; errors only cost the next run time.
func (c *Cache) record(kind, key string, v any) {
	dir := filepath.Join(c.dir, kind)
	if os.MkdirAll(dir, 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return
	}
	err = errors.Join(gob.NewEncoder(f).Encode(v), f.Close())
	if err != nil || os.Rename(f.Name(), filepath.Join(dir, key)) != nil {
		os.Remove(f.Name())
	}
}

// recall is the reverse of record; false where there is nothing, or garbage.
func (c *Cache) recall(kind, key string, v any) bool {
	f, err := os.Open(filepath.Join(c.dir, kind, key))
	if err != nil {
		return false
	}
	defer f.Close()
	return gob.NewDecoder(f).Decode(v) == nil
}

// Prune removes what has not been used for longest until at most limit bytes
// are kept. Leftovers of runs that were killed go after a day.
func (c *Cache) Prune(ctx context.Context, limit int64) error {
	type file struct {
		path string
		info fs.FileInfo
	}
	var all []file
	var total int64
	err := filepath.WalkDir(c.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ctx.Err()
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		all = append(all, file{p, info})
		total += info.Size()
		return nil
	})
	slices.SortFunc(all, func(a, b file) int { return a.info.ModTime().Compare(b.info.ModTime()) })
	for _, f := range all {
		left := filepath.Base(f.path)[0] == '.' && time.Since(f.info.ModTime()) > 24*time.Hour
		if left || total > limit {
			if os.Remove(f.path) == nil {
				total -= f.info.Size()
			}
		}
	}
	return err
}

// checked reads a blob and fails at its end if the content is not what its name
// says. A damaged blob of the cache is dropped, so that the next run gets it anew.
type checked struct {
	r    io.Reader
	f    io.Closer
	hash hash.Hash
	want v1.Hash
	bad  func() error
}

func checkedReader(f io.ReadCloser, want v1.Hash, bad func() error) *checked {
	h := newHash()
	return &checked{io.TeeReader(f, h), f, h, want, bad}
}

func (c *Cache) checkedReader(f *os.File, want v1.Hash) *checked {
	return checkedReader(f, want, func() error {
		c.drop(want)
		return fmt.Errorf("reading %s from the cache: %w", want, errDamaged)
	})
}

func (r *checked) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err == io.EOF && hex.EncodeToString(r.hash.Sum(nil)) != r.want.Hex {
		err = r.bad()
	}
	return n, err
}

func (r *checked) Close() error { return r.f.Close() }

var errDamaged = errors.New("the content is damaged; it has been removed, run again")
