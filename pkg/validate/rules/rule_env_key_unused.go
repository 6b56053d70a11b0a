package rules

import (
	"context"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
)

// envKeyUnused finds parameters that no template reads, and that no other file
// of the repository names.
func envKeyUnused() validate.Rule {
	return validate.NewRule("env-key-unused", validate.Info, "No template reads a parameter",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.Spec == nil || len(p.Pairs()) == 0 {
				return nil
			}
			all := envReads(p)
			for _, param := range p.Spec.Env {
				checkUnused(p, r, all, param, "")
			}
			for _, role := range p.Spec.Roles {
				if role.IsReplica {
					continue
				}
				for _, param := range role.Env {
					checkUnused(p, r, all, param, role.Name)
				}
			}
			return nil
		})
}

func checkUnused(p *validate.Package, r *validate.Reporter, all envUse, param app.Param, role string) {
	if all.any || all.keys[param.Key] || mentioned(p, param.Key) {
		return
	}
	r.At(param.Pos, "no template reads parameter %q: what the user sets has no effect", param.Key).In(role).
		With(validate.Likely).WithFix("use it in a template, or remove it here and in config.json")
}

// envUse is which parameters the templates read: any, or some.
type envUse struct {
	any  bool
	keys map[string]bool
}

func envReads(p *validate.Package) envUse {
	use := envUse{keys: map[string]bool{}}
	for _, read := range reads(p) {
		switch {
		case read.parts[0] == "" || !literal(read.parts[0]):
			use.any = true // "/", or a key that is computed as a whole
		case read.parts[0] != "env":
		case len(read.parts) == 1 || !literal(read.parts[1]):
			use.any = true // ls "/env"
		default:
			use.keys[read.parts[1]] = true
		}
	}
	for _, pair := range p.Pairs() {
		use.any = use.any || pair.MayRead(`"/env"`) || pair.MayRead(`"/env/%`) || pair.MayRead(`"/env/*`)
	}
	return use
}
