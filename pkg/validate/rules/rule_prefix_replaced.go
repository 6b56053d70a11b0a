package rules

import (
	"context"

	"github.com/appimg/appimg/pkg/validate"
)

// prefixReplaced finds prefixes of resources: the platform's confd.toml has one
// of its own, which replaces them (it is not put in front).
func prefixReplaced() validate.Rule {
	return validate.NewRule("prefix-replaced", validate.Warning, "The prefix of a resource never counts",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			own := "/self"
			if p.Spec != nil && p.Spec.MetadataRootAccess {
				own = "/"
			}
			for _, pair := range read(p.Pairs()) {
				if prefix := pair.Resource.Prefix; prefix != "" && prefix != own {
					r.At(pair.Resource.Pos("prefix"), "prefix %q never counts: the platform's confd.toml has %q, which replaces it", prefix, own).
						WithFix("remove it, and write the keys from %s on", own)
				}
			}
			return nil
		})
}
