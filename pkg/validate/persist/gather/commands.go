package gather

import (
	"maps"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// commands are what the scheduler runs on a role's nodes, and the check_cmd and
// reload_cmd of pairs.
func (g *gathering) commands() []*doc.Doc {
	var out []*doc.Doc
	for _, r := range g.Roles {
		for _, c := range g.commandsOf(r) {
			d := commandDoc(c.text, c.pos, r)
			d.Service = c.service
			out = append(out, d)
		}
	}
	for _, p := range g.Package.Pairs() {
		if p.Resource == nil {
			continue
		}
		for _, c := range []command{
			{text: p.Resource.CheckCmd, pos: p.Resource.Pos("check_cmd")}, {text: p.Resource.ReloadCmd, pos: p.Resource.Pos("reload_cmd")},
		} {
			if strings.TrimSpace(c.text) != "" {
				d := commandDoc(c.text, c.pos, nil)
				d.Pair, d.Rel = p, g.rel(p.File)
				out = append(out, d)
			}
		}
	}
	return out
}

// ofWindows matches a command for a shell of Windows.
var ofWindows = lazyregexp.New(`(?i)^[ \t]*"?(?:powershell|cmd)(?:\.exe)?\b|\b[a-z]:\\`)

func commandDoc(text string, pos diag.Pos, r *doc.Role) *doc.Doc {
	node, format := "command.sh", reader.Shell
	if ofWindows.MatchString(text) {
		node, format = "command.ps1", reader.PowerShell
	}
	return &doc.Doc{
		File: pos.File, Rel: pos.File, Node: node, Text: text, Format: format, Role: r, Command: true, InImage: true,
		At: func(int) diag.Pos { return pos },
	}
}

type command struct {
	text    string
	pos     diag.Pos
	service string // "" where it is of none
}

func (g *gathering) commandsOf(r *doc.Role) []command {
	var out []command
	add := func(text string, pos diag.Pos, service ...string) {
		if strings.TrimSpace(text) != "" {
			out = append(out, command{text, pos, strings.Join(service, "")})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Services)) {
		s := r.Services[name]
		add(s.Cmd, s.CmdPos, name)
		add(s.PreCheck, s.Pos)
	}
	if r.CustomMetadata != nil {
		add(r.CustomMetadata.Cmd, r.CustomMetadata.CmdPos)
	}
	spec := g.Package.Spec
	if spec == nil {
		spec = &app.Spec{}
	}
	if h := cmpOr(r.HealthCheck, spec.HealthCheck); h != nil {
		add(h.CheckCmd, posOf(h.Doc, "check_cmd", h.Pos))
		add(h.ActionCmd, posOf(h.Doc, "action_cmd", h.Pos))
	}
	if m := cmpOr(r.Monitor, spec.Monitor); m != nil {
		add(m.Cmd, posOf(m.Doc, "cmd", m.Pos))
	}
	return out
}

// cmpOr is the first of two that is there.
func cmpOr[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// posOf is the place of a member, else that of the whole.
func posOf(object *jsondoc.Value, key string, whole diag.Pos) diag.Pos {
	if object != nil {
		if v := object.Get(key); v != nil {
			return v.Pos
		}
	}
	return whole
}
