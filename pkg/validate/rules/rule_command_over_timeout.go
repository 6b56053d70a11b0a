package rules

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// monitorSeconds is what the platform waits for a monitor command.
const monitorSeconds = 5

// commandOverTimeout finds commands that sleep longer than the platform waits
// for them.
func commandOverTimeout() validate.Rule {
	return validate.NewRule("command-over-timeout", validate.Warning, "A command sleeps longer than the platform waits",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			check := func(name, role, text string, limit int, pos diag.Pos) {
				if s := asleep(p, command{name: name, role: role, text: text}); s > limit && limit > 0 {
					r.At(pos, "%s sleeps %d seconds, and the platform waits %d", name, s, limit).In(role)
				}
			}
			monitor := func(role string, m *app.Monitor) {
				if m != nil {
					check("monitor.cmd", role, m.Cmd, monitorSeconds, placeOf(m.Doc, "cmd", m.Pos))
				}
			}
			health := func(role string, h *app.HealthCheck) {
				if h != nil {
					check("health_check.check_cmd", role, h.CheckCmd, h.TimeoutSec, placeOf(h.Doc, "check_cmd", h.Pos))
					check("health_check.action_cmd", role, h.ActionCmd, h.ActionTimeoutSec, placeOf(h.Doc, "action_cmd", h.Pos))
				}
			}
			for _, role := range p.Roles() {
				if role.IsReplica {
					continue
				}
				for _, name := range slices.Sorted(maps.Keys(role.Services)) {
					s := role.Services[name]
					check("services."+name+".cmd", role.Name, s.Cmd, s.Timeout, s.CmdPos)
				}
				monitor(role.Name, role.Monitor)
				health(role.Name, role.HealthCheck)
			}
			if p.Spec != nil {
				monitor("", p.Spec.Monitor)
				health("", p.Spec.HealthCheck)
			}
			return nil
		})
}

// asleep is how many seconds a command surely sleeps, itself and in the script
// of the image that it runs last.
func asleep(p *validate.Package, c command) int {
	total := sleeps(p, c.text)
	eachProgramScript(p, c, func(s *nodeScript) { total += sleeps(p, s.text) })
	return total
}

// sleeps are the seconds that a script surely sleeps where all goes well.
func sleeps(p *validate.Package, text string) int {
	file, _ := p.Shell(text)
	if file == nil {
		return 0
	}
	seconds, _ := sleepsIn(file.Stmts)
	return int(min(seconds, math.MaxInt32))
}
