package rules

import (
	"context"
	"slices"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
)

// scaleWithoutCommands finds roles with data of their own that users may add
// nodes to, and delete nodes from, while nothing in the app notices. Nodes
// behind a load balancer need not know of each other.
func scaleWithoutCommands() validate.Rule {
	return validate.NewRule("scale-without-commands", validate.Info, "Nodes with data come and go, and nothing notices",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, role := range p.Roles() {
				if role.IsReplica || role.Volume == nil || role.Doc.Get("loadbalancer") != nil || !scales(p, role) || notices(p, role) {
					continue
				}
				pos := placeOf(role.Doc, "services", role.Pos)
				f := r.At(pos, "users may change the number of these nodes, which have data on a volume: there is no scale_out, scale_in or destroy, and no template reads the nodes").
					In(role.Name).With(validate.Likely)
				f.WithFix("add services.scale_out and services.scale_in, or a template with reload_cmd that lists the nodes; else take scale_horizontal out of advanced_actions")
			}
			return nil
		})
}

// scales reports whether users may add nodes to a role.
func scales(p *validate.Package, role *app.Role) bool {
	actions := role.AdvancedActions
	if len(actions) == 0 {
		actions = p.Spec.AdvancedActions
	}
	return slices.Contains(actions, "scale_horizontal")
}

// notices reports whether a command runs, or a file is written anew, when nodes
// of a role come and go.
func notices(p *validate.Package, role *app.Role) bool {
	for _, other := range p.Spec.Roles {
		if other.Services["scale_out"] != nil || other.Services["scale_in"] != nil {
			return true
		}
	}
	if role.Services["destroy"] != nil || len(p.Pairs()) == 0 {
		return true // with no pair at all the repository is not the whole app
	}
	for _, read := range reads(p) {
		first := read.parts[0]
		if slices.Contains(hostTrees(), first) || !literal(first) {
			return true
		}
	}
	return slices.ContainsFunc(p.Pairs(), func(pair *validate.Pair) bool {
		return pair.Err != nil || pair.Syntax == nil || pair.MayRead("hosts")
	})
}
