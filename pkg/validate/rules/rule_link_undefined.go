package rules

import (
	"context"
	"slices"

	"github.com/appimg/appimg/pkg/validate"
)

// linkUndefined finds linked clusters that cluster.json.mustache does not name.
func linkUndefined() validate.Rule {
	return validate.NewRule("link-undefined", validate.Warning, "A template reads a linked cluster that does not exist",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.Spec == nil {
				return nil
			}
			var names []string
			for _, l := range p.Spec.Links {
				names = append(names, l.Name)
			}
			for _, read := range firstOnLine(reads(p)) {
				if len(read.parts) < 2 || read.parts[0] != "links" || !literal(read.parts[1]) || slices.Contains(names, read.parts[1]) {
					continue
				}
				f := r.Span(read.pos, read.end(p), "links of cluster.json.mustache has no %q", read.parts[1])
				f.In(oneRole(p, read.pair)).WithFix("add it to links, with a property of type service in config.json").DidYouMean(read.parts[1], names)
				if failsAt(p, read.pos, read.Key) {
					f.As(validate.Error)
				}
				atPlaces(f, read.pos, pairKey{read.pair, read.parts[1]})
			}
			return nil
		})
}
