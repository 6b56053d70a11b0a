package docker

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"

	"github.com/appimg/appimg/pkg/diag"
)

// member is where a file of a tar lies in it.
type member struct {
	offset, size int64
	link         string // of a symbolic link: docker save links layers that occur twice
}

// saved is one image of manifest.json, the table of contents of docker save.
type saved struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// openArchive opens a base in a file that docker save wrote, or something like it; it may be gzipped.
func (b *Builder) openArchive(ctx context.Context, file string) ([]*base, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head, _ := bufio.NewReader(io.NewSectionReader(f, 0, 2)).Peek(2)
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return b.readArchive(ctx, f)
	}
	zr, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return b.spoolArchive(ctx, zr)
}

// spoolArchive reads an archive that cannot be sought in, by way of a file that is gone afterwards.
func (b *Builder) spoolArchive(ctx context.Context, r io.Reader) ([]*base, error) {
	in, err := b.Cache.newBlob()
	if err != nil {
		return nil, err
	}
	defer in.discard()
	if _, err := io.Copy(in.f, withContext(ctx, r)); err != nil {
		return nil, err
	}
	return b.readArchive(ctx, in.f)
}

func (b *Builder) readArchive(ctx context.Context, f *os.File) ([]*base, error) {
	members, err := listMembers(f)
	if err != nil {
		return nil, diag.WithHint(fmt.Errorf("reading the archive: %w", err), "archive: wants a file that \"docker save\" wrote")
	}
	a := &archive{f, members}
	raw, err := a.read("manifest.json")
	if err != nil {
		return nil, diag.WithHint(err, "archive: wants a file that \"docker save\" wrote")
	}
	var images []saved
	if err := json.Unmarshal(raw, &images); err != nil {
		return nil, fmt.Errorf("reading manifest.json of the archive: %w", err)
	}
	if len(images) != 1 {
		return nil, diag.WithHint(fmt.Errorf("the archive holds %d images", len(images)), "save just the one that is wanted: docker save NAME")
	}
	one, err := b.importImage(ctx, a, images[0])
	if err != nil {
		return nil, err
	}
	return []*base{one}, nil
}

func listMembers(f *os.File) (map[string]member, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	out := map[string]member{}
	for tr := tar.NewReader(f); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		m := member{offset: at, size: h.Size}
		if h.Typeflag == tar.TypeSymlink {
			m.link = cleanPath(path.Join(path.Dir(h.Name), h.Linkname))
		}
		out[cleanPath(h.Name)] = m
	}
}

type archive struct {
	f       *os.File
	members map[string]member
}

func (a *archive) open(name string) (*io.SectionReader, error) {
	m, ok := a.members[cleanPath(name)]
	for n := 0; ok && m.link != "" && n < maxLinks; n++ {
		m, ok = a.members[m.link]
	}
	if !ok || m.link != "" {
		return nil, fmt.Errorf("the archive has no %s", name)
	}
	return io.NewSectionReader(a.f, m.offset, m.size), nil
}

func (a *archive) read(name string) ([]byte, error) {
	r, err := a.open(name)
	if err != nil {
		return nil, err
	}
	if r.Size() > maxConfig {
		return nil, fmt.Errorf("%s of the archive is larger than 8 MB", name)
	}
	return io.ReadAll(r)
}

// importImage takes an image's layers into the cache, compressed.
func (b *Builder) importImage(ctx context.Context, a *archive, s saved) (*base, error) {
	config, err := a.read(s.Config)
	if err != nil {
		return nil, err
	}
	var c v1.ConfigFile
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, fmt.Errorf("reading %s of the archive: %w", s.Config, err)
	}
	if len(c.RootFS.DiffIDs) != len(s.Layers) {
		return nil, fmt.Errorf("the archive has %d layers, the image's config names %d", len(s.Layers), len(c.RootFS.DiffIDs))
	}
	layers := make([]*blob, len(s.Layers))
	for i, name := range s.Layers {
		if layers[i], err = b.importLayer(ctx, a, name, c.RootFS.DiffIDs[i]); err != nil {
			return nil, err
		}
	}
	return newBase(dockerFamily(), config, layers)
}

func (b *Builder) importLayer(ctx context.Context, a *archive, name string, diffID v1.Hash) (*blob, error) {
	r, err := a.open(name)
	if err != nil {
		return nil, err
	}
	if p, ok := b.recallLayer(diffID); ok {
		return b.cachedLayer("", types.DockerLayer, diffID, p), nil
	}
	var p packed
	if isGzip(r) {
		p, err = b.keepPacked(ctx, r, diffID)
	} else {
		p, err = b.compress(ctx, short(diffID), diffID, r.Size(), func(ctx context.Context, w io.Writer) error {
			_, err := io.Copy(w, withContext(ctx, io.NewSectionReader(r, 0, r.Size())))
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s of the archive: %w", name, err)
	}
	return b.cachedLayer("", types.DockerLayer, diffID, p), nil
}

func isGzip(r io.ReaderAt) bool {
	var head [2]byte
	_, err := r.ReadAt(head[:], 0)
	return err == nil && head == [2]byte{0x1f, 0x8b}
}

// keepPacked takes a layer that is compressed already as it is.
func (b *Builder) keepPacked(ctx context.Context, r *io.SectionReader, diffID v1.Hash) (packed, error) {
	in, err := b.Cache.newBlob()
	if err != nil {
		return packed{}, err
	}
	defer in.discard()
	zr, err := gzip.NewReader(io.TeeReader(withContext(ctx, r), in))
	if err != nil {
		return packed{}, err
	}
	plain := &hashing{h: newHash()}
	if _, err := io.Copy(plain, zr); err != nil {
		return packed{}, err
	}
	if _, err := io.Copy(in, r); err != nil {
		return packed{}, err
	}
	if plain.sum() != diffID {
		return packed{}, fmt.Errorf("its content is %s, the image's config says %s", short(plain.sum()), short(diffID))
	}
	p := packed{Size: in.size}
	p.Digest, err = in.keep()
	return p, err
}

// writeArchive writes img as docker load reads it.
func (b *Builder) writeArchive(ctx context.Context, w io.Writer, img *Image, names []string, stage Stage) error {
	if img.index != nil {
		return diag.WithHint(&UsageError{errors.New("an archive of docker save holds one platform only")}, "write oci:DIR, or choose one with --platform")
	}
	one := img.singles[0]
	s := saved{Config: one.config.desc.Digest.String() + ".json", RepoTags: names}
	tw := tar.NewWriter(w)
	written := map[string]bool{}
	for _, l := range one.layers {
		name := l.desc.Digest.Hex + ".tar.gz"
		s.Layers = append(s.Layers, name)
		if written[name] {
			continue
		}
		written[name] = true
		if err := b.addBlob(ctx, tw, name, l, stage); err != nil {
			return err
		}
	}
	if err := b.addBlob(ctx, tw, s.Config, one.config, stage); err != nil {
		return err
	}
	toc, err := json.Marshal([]saved{s})
	if err != nil {
		return err
	}
	if err := b.addBlob(ctx, tw, "manifest.json", memoryBlob(toc, ""), stage); err != nil {
		return err
	}
	return tw.Close()
}

func (b *Builder) addBlob(ctx context.Context, tw *tar.Writer, name string, l *blob, stage Stage) error {
	r, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	h := &tar.Header{Name: name, Mode: 0o644, Size: l.desc.Size, Typeflag: tar.TypeReg, ModTime: epoch()}
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	ev := Event{Stage: stage, Item: l.name(), Total: l.desc.Size}
	if _, err := io.Copy(tw, &counting{r: withContext(ctx, r), e: b.events(), ev: ev}); err != nil {
		return err
	}
	ev.Bytes, ev.Done = ev.Total, true
	b.events().send(ev)
	return nil
}
