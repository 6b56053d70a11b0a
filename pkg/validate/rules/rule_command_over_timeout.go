package rules

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"mvdan.cc/sh/v3/syntax"

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
				if s := asleep(p, text); s > limit && limit > 0 {
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

// asleep is how many seconds a command surely sleeps: in the statements that it
// has one after the other, not in the background.
func asleep(p *validate.Package, text string) int {
	file, _ := p.Shell(text)
	if file == nil {
		return 0
	}
	total := 0
	for _, stmt := range file.Stmts {
		call, ok := stmt.Cmd.(*syntax.CallExpr)
		if !ok || stmt.Background || len(call.Args) != 2 || call.Args[0].Lit() != "sleep" {
			continue
		}
		if n, err := strconv.Atoi(call.Args[1].Lit()); err == nil {
			total += n
		}
	}
	return total
}
