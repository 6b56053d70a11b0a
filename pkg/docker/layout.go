package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/appimg/appimg/pkg/diag"
)

// ociDir is an OCI image layout on disk.
type ociDir string

func (l ociDir) path(h v1.Hash) string { return filepath.Join(string(l), "blobs", h.Algorithm, h.Hex) }

func (l ociDir) read(d v1.Descriptor) ([]byte, error) {
	raw, err := os.ReadFile(l.path(d.Digest))
	if err == nil && sum(raw) != d.Digest {
		err = fmt.Errorf("the content of %s is damaged", l.path(d.Digest))
	}
	return raw, err
}

func (l ociDir) blob(d v1.Descriptor) *blob {
	return &blob{desc: d, open: func(context.Context) (io.ReadCloser, error) {
		f, err := os.Open(l.path(d.Digest))
		if err != nil {
			return nil, err
		}
		return checkedReader(f, d.Digest, func() error {
			return fmt.Errorf("reading %s: the content is damaged", l.path(d.Digest))
		}), nil
	}}
}

// openLayout opens a base in the folder dir, which holds an OCI image layout.
func (b *Builder) openLayout(ctx context.Context, dir string, platforms []v1.Platform) ([]*base, error) {
	index, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, diag.WithHint(diag.Reason(err), "oci: wants a folder with an OCI image layout (index.json, blobs/)")
	}
	if err != nil {
		return nil, err
	}
	m, err := v1.ParseIndexManifest(bytes.NewReader(index))
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", filepath.Join(dir, "index.json"), err)
	}
	l := ociDir(dir)
	if len(m.Manifests) != 1 {
		return b.readManifests(ctx, index, types.OCIImageIndex, platforms, l.read, l.blob)
	}
	only := m.Manifests[0]
	raw, err := l.read(only)
	if err != nil {
		return nil, err
	}
	return b.readManifests(ctx, raw, only.MediaType, platforms, l.read, l.blob)
}

// writeLayout writes img into dir, which must not be there yet or be empty.
func (b *Builder) writeLayout(ctx context.Context, img *Image, dir string, names []string) error {
	if err := os.MkdirAll(filepath.Join(dir, "blobs", "sha256"), 0o755); err != nil {
		return err
	}
	l := ociDir(dir)
	for _, one := range img.blobs() {
		if err := b.copyBlob(ctx, one, l.path(one.desc.Digest)); err != nil {
			return err
		}
	}
	small := map[string][]byte{
		l.path(img.desc.Digest):          img.raw(),
		filepath.Join(dir, "oci-layout"): []byte(`{"imageLayoutVersion":"1.0.0"}`),
		filepath.Join(dir, "index.json"): layoutIndex(img, names),
	}
	for _, s := range img.singles {
		small[l.path(s.desc.Digest)] = s.manifest
	}
	for path, data := range small {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// layoutIndex names the image once for every tag, or once without any.
func layoutIndex(img *Image, names []string) []byte {
	m := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	for _, n := range names {
		d := img.desc
		d.Annotations = map[string]string{
			"io.containerd.image.name":          n,
			"org.opencontainers.image.ref.name": tagOf(n),
		}
		m.Manifests = append(m.Manifests, d)
	}
	if len(names) == 0 {
		m.Manifests = []v1.Descriptor{img.desc}
	}
	data, _ := json.Marshal(m) // plain structs do not fail
	return data
}

func (b *Builder) copyBlob(ctx context.Context, from *blob, to string) error {
	r, err := from.open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, &counting{r: withContext(ctx, r), e: b.events(), ev: Event{Stage: StageWrite, Item: from.name(), Total: from.desc.Size}})
	err = errors.Join(err, f.Close())
	b.events().send(Event{Stage: StageWrite, Item: from.name(), Bytes: from.desc.Size, Total: from.desc.Size, Done: err == nil})
	return err
}
