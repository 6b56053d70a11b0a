package docker

import (
	"context"
	"errors"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Ready opens an image that is complete already, to be pushed, written or
// loaded as it is; src is written like Spec.Base.
func (b *Builder) Ready(ctx context.Context, src string, platforms []v1.Platform) (*Image, error) {
	if src == "scratch" {
		return nil, &UsageError{errors.New("opening image \"scratch\": there is nothing in it")}
	}
	bases, err := b.openBases(ctx, "image", src, platforms)
	if err != nil {
		return nil, err
	}
	var singles []*single
	for _, from := range bases {
		s, err := from.single()
		if err != nil {
			return nil, err
		}
		singles = append(singles, s)
	}
	return newImage(bases[0].fam, singles, false)
}

// single is the base as an image of its own; where it has a manifest, that very one.
func (from *base) single() (*single, error) {
	s, err := newSingle(from.fam, from.platform, from.raw, from.layers)
	if err == nil && from.manifest != nil {
		s.manifest, s.desc.Size, s.desc.Digest = from.manifest, int64(len(from.manifest)), sum(from.manifest)
		s.config.desc.MediaType = from.fam.config
	}
	return s, err
}
