package rules

import (
	"maps"
	"slices"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// clusterCommands are the commands that the scheduler runs, with their places.
// Replicas have those of their role.
func clusterCommands(p *validate.Package) []command {
	var out []command
	add := func(name, role, text string, pos diag.Pos) {
		if text != "" {
			out = append(out, command{name: name, role: role, text: text, pos: pos})
		}
	}
	health := func(h *app.HealthCheck, role string) {
		if h != nil {
			add("health_check.check_cmd", role, h.CheckCmd, placeOf(h.Doc, "check_cmd", h.Pos))
			add("health_check.action_cmd", role, h.ActionCmd, placeOf(h.Doc, "action_cmd", h.Pos))
		}
	}
	if p.Spec == nil {
		return nil
	}
	for _, role := range p.Spec.Roles {
		if role.IsReplica {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(role.Services)) {
			s := role.Services[name]
			add("services."+name+".cmd", role.Name, s.Cmd, s.CmdPos)
			add("services."+name+".pre_check", role.Name, s.PreCheck, placeOf(s.Doc, "pre_check", s.Pos))
			add("services."+name+".selector", role.Name, s.Doc.Get("selector").Str(), placeOf(s.Doc, "selector", s.Pos))
		}
		if c := role.CustomMetadata; c != nil {
			add("custom_metadata.cmd", role.Name, c.Cmd, c.CmdPos)
		}
		if m := role.Monitor; m != nil {
			add("monitor.cmd", role.Name, m.Cmd, placeOf(m.Doc, "cmd", m.Pos))
		}
		health(role.HealthCheck, role.Name)
	}
	health(p.Spec.HealthCheck, "")
	if m := p.Spec.Monitor; m != nil {
		add("monitor.cmd", "", m.Cmd, placeOf(m.Doc, "cmd", m.Pos))
	}
	return out
}

// placeOf is the place of a member's value, else another.
func placeOf(v *jsondoc.Value, key string, otherwise diag.Pos) diag.Pos {
	if m := v.Get(key); m != nil {
		return m.Pos
	}
	return otherwise
}
