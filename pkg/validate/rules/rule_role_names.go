package rules

import (
	"context"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

// roleNames finds roles whose names the platform does not take, or that have no
// property of the same name in config.json.
func roleNames() validate.Rule {
	return validate.NewRule("role-names", validate.Error, "A role's name is wrong, or is not that of config.json",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			known := configRoles(p)
			for _, n := range nodes(p) {
				name := n.doc.Get("role")
				if name == nil || n.role == "" {
					continue
				}
				switch {
				case strings.HasSuffix(n.role, "-replica"):
					tell(r, n.role, name, "role %q ends in -replica: the platform gives such names to replicas", n.role)
				case len(known) > 0 && !slices.Contains(known, n.role):
					tell(r, n.role, name, "config.json has no group %q below cluster: the role's resources cannot be chosen", n.role).
						As(validate.Warning).DidYouMean(n.role, known)
				}
			}
			return nil
		})
}

// configRoles are the groups of config.json below cluster.
func configRoles(p *validate.Package) []string {
	cluster := p.App.Config.Lookup("cluster")
	if cluster == nil {
		return nil
	}
	var out []string
	for _, prop := range cluster.Properties {
		if prop.Group() {
			out = append(out, prop.Key)
		}
	}
	return out
}
