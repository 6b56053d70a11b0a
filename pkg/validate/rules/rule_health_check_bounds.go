package rules

import (
	"context"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// healthCheckBounds finds health checks whose times and counts the platform
// does not take.
func healthCheckBounds() validate.Rule {
	return validate.NewRule("health-check-bounds", validate.Error, "A health check is out of the platform's bounds",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, s := range scopes(p) {
				if h := s.doc.Get("health_check"); h != nil && h.Kind == jsondoc.Object {
					checkHealth(newValueCheck(p, r), s.role, h)
				}
			}
			return nil
		})
}

func checkHealth(c valueCheck, role string, h *jsondoc.Value) {
	const name = "health_check."
	c.atLeast(role, name+"interval_sec", h.Get("interval_sec"), 60)
	c.atLeast(role, name+"timeout_sec", h.Get("timeout_sec"), 3)
	c.atLeast(role, name+"action_timeout_sec", h.Get("action_timeout_sec"), 3)
	c.atLeast(role, name+"healthy_threshold", h.Get("healthy_threshold"), 2)
	c.atLeast(role, name+"unhealthy_threshold", h.Get("unhealthy_threshold"), 2)
	interval, ok := h.Get("interval_sec").Int()
	timeout, ok2 := h.Get("timeout_sec").Int()
	if ok && ok2 && timeout > interval {
		tell(c.r, role, h.Get("timeout_sec"), "health_check.timeout_sec %d is longer than interval_sec %d", timeout, interval)
	}
	if h.Get("enable").Bool() && h.Get("check_cmd") == nil {
		c.r.At(h.Pos, "health_check is enabled and has no check_cmd").In(role)
	}
}
