package rules

import (
	"context"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// serviceNames are the services that the platform runs by itself.
const serviceNames = "init start stop restart scale_out scale_in destroy upgrade rollback backup restore delete_snapshot get_nodes_order"

// serviceOnly tells which keys count for which services alone.
func serviceOnly() map[string]string {
	return map[string]string{
		"pre_check":          "scale_in scale_out",
		"post_start_service": "init upgrade",
		"post_stop_service":  "destroy",
		"allow_force":        "destroy",
		"event":              "get_nodes_order",
	}
}

// serviceDefinition finds services that the platform never runs, and keys that
// count for nothing.
func serviceDefinition() validate.Rule {
	return validate.NewRule("service-definition", validate.Warning, "A service is not what the platform runs",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, n := range nodes(p) {
				for _, s := range services(n) {
					if s.Value.Kind != jsondoc.Object {
						spanKey(r, &s, "services.%s is %s: an object with cmd is wanted", s.Key, s.Value.Kind.WithArticle()).As(validate.Error).In(n.role)
						continue
					}
					checkService(p, r, n.role, s)
				}
			}
			return nil
		})
}

func checkService(p *validate.Package, r *validate.Reporter, role string, s jsondoc.Member) {
	custom := s.Value.Get("type").Str() == "custom"
	if s.Key == "//" {
		return
	}
	if !custom && !slices.Contains(strings.Fields(serviceNames), s.Key) {
		spanKey(r, &s, "the platform runs no service %q by itself", s.Key).In(role).
			WithFix(`add "type": "custom" for one that the user runs`).DidYouMean(s.Key, strings.Fields(serviceNames))
	}
	for _, m := range s.Value.Members {
		if only, ok := serviceOnly()[m.Key]; ok && !slices.Contains(strings.Fields(only), s.Key) {
			spanKey(r, &m, "%s has no effect on %s: it is for %s", m.Key, s.Key, strings.ReplaceAll(only, " ", " and ")).In(role)
		}
	}
	c := newValueCheck(p, r)
	c.between(role, s.Key+".timeout", s.Value.Get("timeout"), 1, 86400)
	c.atLeast(role, s.Key+".nodes_to_execute_on", s.Value.Get("nodes_to_execute_on"), 0)
	if order := s.Value.Get("order"); order != nil && !isInteger(order) {
		tell(r, role, order, "%s.order is %s: a whole number is wanted", s.Key, show(order)).As(validate.Error)
	}
}

// between wants a whole number within bounds; it is an error if it is not.
func (c valueCheck) between(role, name string, v *jsondoc.Value, low, high int) {
	for _, v := range possible(c.p, v) {
		if v.Kind == jsondoc.Mustache {
			continue
		}
		if n, ok := v.Int(); !ok {
			tell(c.r, role, v, "%s is %s: a whole number is wanted", name, show(v)).As(validate.Error)
		} else if n < low || n > high {
			tell(c.r, role, v, "%s is %d: %d to %d is possible", name, n, low, high).As(validate.Error)
		}
	}
}
