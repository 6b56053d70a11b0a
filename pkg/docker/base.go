package docker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

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

// defaultPlatform is what an image is for where neither --platform nor the base
// says anything: the platform's nodes are linux/amd64.
func defaultPlatform() v1.Platform { return v1.Platform{OS: "linux", Architecture: "amd64"} }

// openBases opens ref, which errors call what, for every platform. Without platforms it is the
// base's own where it has just one, else defaultPlatform.
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
		platforms = []v1.Platform{defaultPlatform()}
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
		platforms = []v1.Platform{defaultPlatform()}
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
