package docker

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// pushJobs is how many blobs are on their way at a time.
const pushJobs = 4

// Push uploads img under every tag and returns its digest. Blobs go first, in
// all repositories; only when all are there the image gets its names. So an
// interrupted push leaves no name that points to half an image, and the next
// one sends only what is missing.
func (b *Builder) Push(ctx context.Context, img *Image, tags []name.Tag) (v1.Hash, error) {
	sessions := map[string]*session{}
	for _, t := range tags {
		repo := t.Context()
		if sessions[repo.Name()] != nil {
			continue
		}
		s, err := b.Registries.open(ctx, b.events(), repo, transport.PushScope, origins(img, repo)...)
		if err != nil {
			return v1.Hash{}, fmt.Errorf("pushing %q: %w", t.Name(), err)
		}
		sessions[repo.Name()] = s
		if err := s.pushBlobs(ctx, img); err != nil {
			return v1.Hash{}, fmt.Errorf("pushing %q: %w", t.Name(), s.explain(err, transport.PushScope))
		}
	}
	for _, t := range tags {
		s := sessions[t.Context().Name()]
		if err := s.pushManifests(ctx, img, t.TagStr()); err != nil {
			return v1.Hash{}, fmt.Errorf("pushing %q: %w", t.Name(), s.explain(err, transport.PushScope))
		}
	}
	return img.Digest(), nil
}

// origins lists the repositories of target's registry that blobs can be mounted from.
func origins(img *Image, target name.Repository) []name.Repository {
	var out []name.Repository
	for _, b := range img.blobs() {
		if b.origin != nil && b.origin.RegistryStr() == target.RegistryStr() && b.origin.Name() != target.Name() &&
			!slices.ContainsFunc(out, func(r name.Repository) bool { return r.Name() == b.origin.Name() }) {
			out = append(out, *b.origin)
		}
	}
	return out
}

// pushBlobs uploads what the repository does not have, the largest first.
func (s *session) pushBlobs(ctx context.Context, img *Image) error {
	blobs := img.blobs()
	slices.SortStableFunc(blobs, func(a, b *blob) int { return int(b.desc.Size - a.desc.Size) })
	return forEach(ctx, pushJobs, blobs, func(ctx context.Context, b *blob) error {
		u := &upload{s: s, b: b, ev: Event{Stage: StagePush, Item: b.name(), Total: b.desc.Size}}
		if err := u.run(ctx); err != nil {
			return fmt.Errorf("%s (%s): %w", b.name(), short(b.desc.Digest), err)
		}
		return nil
	})
}

// pushManifests names the image; those of an index's platforms come before it.
func (s *session) pushManifests(ctx context.Context, img *Image, tag string) error {
	if img.index != nil {
		err := forEach(ctx, pushJobs, img.singles, func(ctx context.Context, one *single) error {
			return s.putManifest(ctx, one.desc, one.manifest, one.desc.Digest.String())
		})
		if err != nil {
			return err
		}
	}
	return s.putManifest(ctx, img.desc, img.raw(), tag)
}

func (s *session) putManifest(ctx context.Context, d v1.Descriptor, raw []byte, ref string) error {
	return s.retry.do(ctx, s.told(StagePush, ref), func() (int64, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPut, s.url("manifests/%s", ref).String(), bytes.NewReader(raw))
		if err != nil {
			return 0, err
		}
		req.Header.Set("Content-Type", string(d.MediaType))
		resp, err := s.do(req, http.StatusCreated, http.StatusOK, http.StatusAccepted)
		if err != nil {
			return 0, err
		}
		resp.Body.Close()
		if got := resp.Header.Get("Docker-Content-Digest"); got != "" && strings.HasPrefix(got, "sha256:") && got != d.Digest.String() {
			return 0, fmt.Errorf("the registry keeps %s in place of %s", got, d.Digest)
		}
		return 0, nil
	})
}
