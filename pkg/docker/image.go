package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// blob is a layer or a config with the way to its bytes.
type blob struct {
	desc   v1.Descriptor
	diffID v1.Hash // of layers: of the uncompressed tar
	// open gives the compressed bytes from the start; several may be open.
	open func(ctx context.Context) (io.ReadCloser, error)
	// origin is the repository that has it already, if any: there it can be mounted from.
	origin *name.Repository
	title  string // "agent", "rootfs", …; "" for what the base had
}

func memoryBlob(data []byte, mt types.MediaType) *blob {
	return &blob{
		desc: v1.Descriptor{MediaType: mt, Size: int64(len(data)), Digest: sum(data)},
		open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}
}

func sum(data []byte) v1.Hash {
	h, _, _ := v1.SHA256(bytes.NewReader(data)) // a bytes.Reader does not fail
	return h
}

func (b *blob) name() string {
	if b.title != "" {
		return b.title
	}
	return short(b.desc.Digest)
}

func short(h v1.Hash) string {
	if len(h.Hex) > 12 {
		return h.Algorithm + ":" + h.Hex[:12]
	}
	return h.String()
}

// single is the image of one platform.
type single struct {
	platform v1.Platform
	config   *blob
	layers   []*blob
	manifest []byte
	desc     v1.Descriptor
}

// family is the set of media types that an image uses: that of its base, so
// that the registry that took the base takes the image too.
type family struct {
	manifest, index, config, layer types.MediaType
}

func ociFamily() family {
	return family{types.OCIManifestSchema1, types.OCIImageIndex, types.OCIConfigJSON, types.OCILayer}
}

func dockerFamily() family {
	return family{types.DockerManifestSchema2, types.DockerManifestList, types.DockerConfigJSON, types.DockerLayer}
}

func familyOf(manifest types.MediaType) family {
	if manifest == types.DockerManifestSchema2 || manifest == types.DockerManifestList {
		return dockerFamily()
	}
	return ociFamily()
}

// newSingle makes the manifest of an image from its parts.
func newSingle(f family, p v1.Platform, config []byte, layers []*blob) (*single, error) {
	s := &single{platform: p, config: memoryBlob(config, f.config), layers: layers}
	s.config.title = "config"
	m := v1.Manifest{SchemaVersion: 2, MediaType: f.manifest, Config: s.config.desc, Layers: []v1.Descriptor{}}
	for _, l := range layers {
		m.Layers = append(m.Layers, l.desc)
	}
	var err error
	if s.manifest, err = json.Marshal(m); err != nil {
		return nil, fmt.Errorf("writing the manifest: %w", err)
	}
	s.desc = v1.Descriptor{MediaType: f.manifest, Size: int64(len(s.manifest)), Digest: sum(s.manifest), Platform: &s.platform}
	return s, nil
}

func (s *single) blobs() []*blob { return append([]*blob{s.config}, s.layers...) }

// Image is an image that is ready to go somewhere: for one platform, or an
// index of several.
type Image struct {
	singles []*single
	index   []byte // nil for one platform
	desc    v1.Descriptor
}

// Digest names the image: of its index where it has one, else of its manifest.
func (i *Image) Digest() v1.Hash { return i.desc.Digest }

// Size is what all its layers and configs weigh, compressed, in bytes.
func (i *Image) Size() int64 {
	var n int64
	for _, b := range i.blobs() {
		n += b.desc.Size
	}
	return n
}

func newImage(f family, singles []*single, asIndex bool) (*Image, error) {
	img := &Image{singles: singles, desc: singles[0].desc}
	if len(singles) == 1 && !asIndex {
		return img, nil
	}
	m := v1.IndexManifest{SchemaVersion: 2, MediaType: f.index}
	for _, s := range singles {
		m.Manifests = append(m.Manifests, s.desc)
	}
	var err error
	if img.index, err = json.Marshal(m); err != nil {
		return nil, fmt.Errorf("writing the index: %w", err)
	}
	img.desc = v1.Descriptor{MediaType: f.index, Size: int64(len(img.index)), Digest: sum(img.index)}
	return img, nil
}

// raw is what the image's digest is the digest of.
func (i *Image) raw() []byte {
	if i.index != nil {
		return i.index
	}
	return i.singles[0].manifest
}

// blobs lists every blob once.
func (i *Image) blobs() []*blob {
	var out []*blob
	seen := map[v1.Hash]bool{}
	for _, s := range i.singles {
		for _, b := range s.blobs() {
			if !seen[b.desc.Digest] {
				seen[b.desc.Digest] = true
				out = append(out, b)
			}
		}
	}
	return out
}
