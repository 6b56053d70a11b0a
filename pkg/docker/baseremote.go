package docker

import (
	"context"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// openRegistry opens a base in a registry. Only the manifest that a tag names
// is asked for every time; the rest comes from the cache where it can.
func (b *Builder) openRegistry(ctx context.Context, ref string, platforms []v1.Platform) ([]*base, error) {
	r, err := b.Registries.ParseReference(ref)
	if err != nil {
		return nil, err
	}
	src := &remote{b: b, ref: r}
	raw, mt, err := src.manifest(ctx, r.Identifier())
	if err != nil {
		return nil, err
	}
	read := func(d v1.Descriptor) ([]byte, error) {
		raw, _, err := src.manifest(ctx, d.Digest.String())
		return raw, err
	}
	all, err := b.readManifests(ctx, raw, mt, platforms, read, src.blob)
	for _, one := range all {
		one.name = r.Name()
	}
	return all, err
}

// remote is a base in a registry, asked only for what the cache lacks.
type remote struct {
	b   *Builder
	ref name.Reference
}

func (r *remote) session(ctx context.Context) (*session, error) {
	return r.b.Registries.open(ctx, r.b.events(), r.ref.Context(), transport.PullScope)
}

// manifest gets a manifest; one that is named by its digest is kept.
func (r *remote) manifest(ctx context.Context, id string) ([]byte, types.MediaType, error) {
	if h, err := v1.NewHash(id); err == nil {
		if raw, ok := r.b.Cache.small(h); ok {
			return raw, "", nil
		}
	}
	s, err := r.session(ctx)
	if err != nil {
		return nil, "", err
	}
	raw, mt, err := s.manifest(ctx, id)
	if err != nil {
		return nil, "", s.explain(err, transport.PullScope)
	}
	r.b.Cache.keepSmall(raw)
	return raw, mt, nil
}

// blob is a blob of the base: read from the cache, where it is brought first.
func (r *remote) blob(d v1.Descriptor) *blob {
	repo := r.ref.Context()
	out := &blob{desc: d, origin: &repo}
	out.open = func(ctx context.Context) (io.ReadCloser, error) {
		defer r.b.Cache.lock(d.Digest)()
		f, ok := r.b.Cache.blob(d.Digest, d.Size)
		if !ok {
			s, err := r.session(ctx)
			if err != nil {
				return nil, err
			}
			if err := s.download(ctx, r.b.Cache, d, out.name()); err != nil {
				return nil, fmt.Errorf("fetching %s of %q: %w", short(d.Digest), r.ref.Name(), s.explain(err, transport.PullScope))
			}
			if f, ok = r.b.Cache.blob(d.Digest, d.Size); !ok {
				return nil, fmt.Errorf("fetching %s of %q: its size is not %d", short(d.Digest), r.ref.Name(), d.Size)
			}
		}
		r.b.Cache.use(d.Digest)
		return r.b.Cache.checkedReader(f, d.Digest), nil
	}
	return out
}
