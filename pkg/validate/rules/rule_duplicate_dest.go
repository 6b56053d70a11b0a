package rules

import (
	"context"
	"path"
	"slices"

	"github.com/appimg/appimg/pkg/validate"
)

// duplicateDest finds two pairs that write one file on the same node: each
// time one is rendered, the other's content is lost.
func duplicateDest() validate.Rule {
	return validate.NewRule("duplicate-dest", validate.Error, "Two pairs write the same file",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			var before []*validate.Pair
			for _, pair := range read(p.Pairs()) {
				if pair.Resource.Dest == "" {
					continue
				}
				for _, other := range before {
					if path.Clean(other.Resource.Dest) == path.Clean(pair.Resource.Dest) && meet(p, pair, other) {
						pos := other.Resource.Pos("dest")
						f := r.At(pair.Resource.Pos("dest"), "%q is written by %s:%d as well", pair.Resource.Dest, r.Rel(pos.File), pos.Line)
						f.Path, f.Origin = pair.Resource.Dest, r.Origin(pos)
						break
					}
				}
				before = append(before, pair)
			}
			writtenTwice(p, r)
			return nil
		})
}

// meet reports whether two pairs are surely on one node: they are of one image,
// or a role is known to use both images.
func meet(p *validate.Package, a, b *validate.Pair) bool {
	if a.Image == b.Image {
		return true
	}
	if len(a.Image.Roles) == 0 || len(b.Image.Roles) == 0 {
		return false
	}
	return slices.ContainsFunc(p.RolesOf(a.Image), b.Image.UsedBy)
}
