package rules

import "github.com/appimg/appimg/pkg/validate"

// unsure reports whether a pair may be made for other roles than those it is
// rendered for: an unconverted repository with several roles does not say.
func unsure(p *validate.Package, pair *validate.Pair) bool {
	return p.App.Manifest == nil && len(pair.Image.Roles) == 0 && len(p.Roles()) > 1
}

// elsewhere reports whether what is wrong with o is right on another role of
// the same cluster, where o's pair may not be made for o's role.
func elsewhere(p *validate.Package, r *validate.Rendering, o *validate.Output, fine func(*validate.Output) bool) bool {
	if !unsure(p, o.Pair) {
		return false
	}
	for _, other := range r.Outputs {
		if other.Pair == o.Pair && other.Node.Role != o.Node.Role && fine(other) {
			return true
		}
	}
	return false
}
