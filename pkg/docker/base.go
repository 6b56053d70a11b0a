package docker

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/appimg/appimg/pkg/diag"
)

// base is what an image starts from, on one platform.
type base struct {
	platform v1.Platform
	config   v1.ConfigFile
	layers   []*blob
	fam      family
	name     string  // of a registry's image, with its tag; else ""
	digest   v1.Hash // of its manifest; zero without a name

	raw      []byte // the config as it is
	files    *tree  // nil until it is read
	manifest []byte // nil where the image never had one (docker save)
}

// DefaultPlatform is what an image is for where neither --platform nor the base
// says anything: the platform's nodes are linux/amd64.
func DefaultPlatform() v1.Platform { return v1.Platform{OS: "linux", Architecture: "amd64"} }

// openBases opens ref, which errors call what, for every platform. Without platforms it is the
// base's own where it has just one, else DefaultPlatform.
func (b *Builder) openBases(ctx context.Context, what, ref string, platforms []v1.Platform) ([]*base, error) {
	kind, rest, _ := strings.Cut(ref, ":")
	var all []*base
	var err error
	switch {
	case ref == "":
		return nil, diag.WithHint(&UsageError{errors.New("choosing the base image: none is named")},
			"name one with --base or in appimg.toml ([docker] base = \"…\"); --base scratch only shows the assembly")
	case ref == "scratch":
		return scratchBases(platforms), nil
	case kind == "oci":
		all, err = b.openLayout(ctx, rest, platforms)
	case kind == "archive":
		all, err = b.openArchive(ctx, rest)
	case kind == "engine":
		all, err = b.openEngine(ctx, rest)
	default:
		all, err = b.openRegistry(ctx, ref, platforms)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s %q: %w", what, ref, diag.Reason(err))
	}
	all, err = choose(all, platforms)
	if err != nil {
		return nil, fmt.Errorf("opening %s %q: %w", what, ref, diag.Reason(err))
	}
	return all, nil
}

func scratchBases(platforms []v1.Platform) []*base {
	if len(platforms) == 0 {
		platforms = []v1.Platform{DefaultPlatform()}
	}
	var out []*base
	for _, p := range platforms {
		out = append(out, &base{
			platform: p, fam: ociFamily(),
			config: v1.ConfigFile{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, RootFS: v1.RootFS{Type: "layers"}},
		})
	}
	return out
}

// choose picks from what a base has, in the order of platforms.
func choose(have []*base, platforms []v1.Platform) ([]*base, error) {
	if len(platforms) == 0 {
		if len(have) == 1 {
			return have, nil
		}
		platforms = []v1.Platform{DefaultPlatform()}
	}
	var out []*base
	for _, want := range platforms {
		found := false
		for _, b := range have {
			if matches(b.platform, want) {
				out, found = append(out, b), true
				break
			}
		}
		if !found {
			return nil, noSuchPlatform(want, platformsOf(have))
		}
	}
	return out, nil
}

func noSuchPlatform(want v1.Platform, have []string) error {
	return diag.WithHint(fmt.Errorf("it is not there for %s", want), "it is there for %s: choose with --platform, or take another base", strings.Join(have, ", "))
}

func platformsOf(bases []*base) []string {
	var out []string
	for _, b := range bases {
		out = append(out, b.platform.String())
	}
	return out
}

// matches reports whether have will do for want. What have leaves open fits.
func matches(have, want v1.Platform) bool {
	fits := func(h, w string) bool { return h == "" || w == "" || h == w }
	return fits(have.OS, want.OS) && fits(have.Architecture, want.Architecture) && fits(have.Variant, want.Variant)
}

// newBase is the base that a config and its layers make.
func newBase(fam family, config []byte, layers []*blob) (*base, error) {
	out := &base{fam: fam, layers: layers, raw: config}
	if err := json.Unmarshal(config, &out.config); err != nil {
		return nil, fmt.Errorf("reading its config: %w", err)
	}
	c := &out.config
	if len(c.RootFS.DiffIDs) != len(layers) {
		return nil, fmt.Errorf("its config names %d layers, its manifest %d", len(c.RootFS.DiffIDs), len(layers))
	}
	for i, l := range layers {
		l.diffID = c.RootFS.DiffIDs[i]
	}
	out.platform = v1.Platform{OS: cmp.Or(c.OS, "linux"), Architecture: c.Architecture, Variant: c.Variant}
	return out, nil
}

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
		platforms = []v1.Platform{DefaultPlatform()}
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

// maxConfig bounds the config of an image, in bytes.
const maxConfig = 8 << 20

func readAll(ctx context.Context, b *blob) ([]byte, error) {
	r, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxConfig+1))
	if err == nil && len(data) > maxConfig {
		err = errors.New("it is larger than 8 MB")
	}
	return data, err
}

const treeKind = "trees-1"

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
