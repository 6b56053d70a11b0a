package docker

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// readManifests makes bases of a manifest or of those in an index that are asked for.
func (b *Builder) readManifests(ctx context.Context, raw []byte, mt types.MediaType, platforms []v1.Platform,
	read func(v1.Descriptor) ([]byte, error), toBlob func(v1.Descriptor) *blob) ([]*base, error) {
	if mt == "" || mt == "application/json" {
		mt = mediaTypeIn(raw)
	}
	if mt.IsIndex() {
		return b.readIndex(ctx, raw, platforms, read, toBlob)
	}
	if !mt.IsImage() {
		return nil, fmt.Errorf("%s is no image that can be built on", cmp.Or(string(mt), "what is there"))
	}
	m, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("reading its manifest: %w", err)
	}
	config, err := readAll(ctx, toBlob(m.Config))
	if err != nil {
		return nil, fmt.Errorf("reading its config: %w", err)
	}
	var layers []*blob
	for _, d := range m.Layers {
		layers = append(layers, toBlob(d))
	}
	one, err := newBase(familyOf(mt), config, layers)
	if err != nil {
		return nil, err
	}
	one.digest, one.manifest = sum(raw), raw
	return []*base{one}, nil
}

func mediaTypeIn(raw []byte) types.MediaType {
	var m struct {
		MediaType types.MediaType   `json:"mediaType"`
		Manifests []json.RawMessage `json:"manifests"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return ""
	}
	if m.MediaType == "" && m.Manifests != nil {
		return types.OCIImageIndex
	}
	return cmp.Or(m.MediaType, types.OCIManifestSchema1)
}

func (b *Builder) readIndex(ctx context.Context, raw []byte, platforms []v1.Platform,
	read func(v1.Descriptor) ([]byte, error), toBlob func(v1.Descriptor) *blob) ([]*base, error) {
	index, err := v1.ParseIndexManifest(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("reading its index: %w", err)
	}
	images := imagesOf(index)
	if len(platforms) == 0 && len(images) > 1 {
		platforms = []v1.Platform{defaultPlatform()}
	}
	var out []*base
	var have []string
	for _, d := range images {
		p := cmp.Or(d.Platform, &v1.Platform{})
		have = append(have, p.String())
		if !wanted(*p, platforms) {
			continue
		}
		raw, err := read(d)
		if err != nil {
			return nil, err
		}
		all, err := b.readManifests(ctx, raw, d.MediaType, platforms, read, toBlob)
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			if d.Platform != nil && d.Platform.Architecture != "" {
				one.platform = *d.Platform
			}
		}
		out = append(out, all...)
	}
	if len(out) == 0 && len(platforms) > 0 {
		return nil, noSuchPlatform(platforms[0], have)
	}
	return out, nil
}

// imagesOf leaves out what an index has beside images (attestations).
func imagesOf(index *v1.IndexManifest) []v1.Descriptor {
	var out []v1.Descriptor
	for _, d := range index.Manifests {
		attested := d.Annotations["vnd.docker.reference.type"] != "" || (d.Platform != nil && d.Platform.OS == "unknown")
		if !attested && (d.MediaType.IsImage() || d.MediaType.IsIndex()) {
			out = append(out, d)
		}
	}
	return out
}

func wanted(p v1.Platform, platforms []v1.Platform) bool {
	for _, w := range platforms {
		if matches(p, w) {
			return true
		}
	}
	return len(platforms) == 0
}
