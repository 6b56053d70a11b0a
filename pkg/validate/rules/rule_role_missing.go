package rules

import (
	"context"
	"slices"

	"github.com/appimg/appimg/pkg/validate"
)

// roleMissing finds nodes of roles that do not exist.
func roleMissing() validate.Rule {
	return validate.NewRule("role-missing", validate.Warning, "A template reads nodes of a role that does not exist",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.Spec == nil || p.Spec.Role("") != nil {
				return nil
			}
			names := p.Spec.RoleNames()
			for _, read := range worstOfRoles(p, names) {
				f := r.Span(read.pos, read.end(p), "cluster.json.mustache has no role %q", read.parts[1])
				f.In(oneRole(p, read.pair)).DidYouMean(read.parts[1], names)
				if failsAt(p, read.pos, read.Key) {
					f.As(validate.Error).Message += ": " + read.pair.Resource.Dest + " is not written"
				}
			}
			return nil
		})
}

// worstOfRoles are the reads of roles that do not exist, one of each file and
// role: the first that fails, else the first.
func worstOfRoles(p *validate.Package, names []string) []keyRead {
	type place struct{ file, role string }
	at := map[place]int{}
	var out []keyRead
	for _, read := range reads(p) {
		if len(read.parts) < 2 || !slices.Contains(hostTrees(), read.parts[0]) || !literal(read.parts[1]) || slices.Contains(names, read.parts[1]) {
			continue
		}
		id := place{read.pos.File, read.parts[1]}
		i, known := at[id]
		switch {
		case !known:
			at[id] = len(out)
			out = append(out, read)
		case failsAt(p, read.pos, read.Key) && !failsAt(p, out[i].pos, out[i].Key):
			out[i] = read
		}
	}
	return out
}
