package rules

import (
	"context"
	"maps"
	"slices"

	"github.com/appimg/appimg/pkg/validate"
)

// envKeyUndefined finds parameters that templates read and
// cluster.json.mustache does not have.
func envKeyUndefined() validate.Rule {
	return validate.NewRule("env-key-undefined", validate.Warning, "A template reads a parameter that does not exist",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.Spec == nil {
				return nil
			}
			for _, read := range firstOnLine(reads(p)) {
				if len(read.parts) < 2 || read.parts[0] != "env" || !literal(read.parts[1]) {
					continue
				}
				known := envKeys(p, p.RolesOf(read.pair.Image))
				if _, ok := known[read.parts[1]]; !ok {
					reportUndefined(p, r, read, slices.Collect(maps.Keys(known)))
				}
			}
			return nil
		})
}

func reportUndefined(p *validate.Package, r *validate.Reporter, read keyRead, known []string) {
	key := read.parts[1]
	f := r.Span(read.pos, read.end(p), "cluster.json.mustache has no env parameter %q", key)
	f.In(oneRole(p, read.pair)).WithFix("add it to env of cluster.json.mustache and of config.json, or read another one").DidYouMean(key, known)
	switch {
	case failsAt(p, read.pos, read.Key):
		f.As(validate.Error).Message += ": " + read.pair.Resource.Dest + " is not written"
	case read.Default:
		f.Message += ": its default always counts"
	case read.Func == "exists":
		f.Message += ": it never exists"
	}
	atPlaces(f, read.pos, pairKey{read.pair, key})
}
