package persist

import (
	"context"
	"net"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// rendered are the pairs as each role's first node gets them, the same of
// templates that no pair names, and the commands of pairs and services.
func (j *project) rendered(ctx context.Context) []*doc.Doc {
	var out []*doc.Doc
	var waiting []*doc.Role // without a node in the default cluster
	first := j.p.Rendered()
	for _, r := range j.roles {
		docs := j.outputs(ctx, first, r)
		if docs == nil {
			waiting = append(waiting, r)
		}
		out = append(out, docs...)
	}
	orphans := j.orphans()
	if len(waiting) > 0 || len(orphans) > 0 {
		one := validate.Scenario{Topology: metadata.Topology{Counts: j.oneEach()}}
		if len(waiting) > 0 {
			all := j.p.Try(ctx, one, j.p.Pairs())
			for _, r := range waiting {
				out = append(out, j.outputs(ctx, all, r)...)
			}
		}
		if len(orphans) > 0 {
			all := j.p.Try(ctx, one, orphans)
			for _, r := range j.roles {
				out = append(out, j.outputs(ctx, all, r)...)
			}
			out = append(out, j.stale(orphans, out)...)
		}
	}
	out = j.genuine(j.renderMended(ctx, out))
	out = append(append(out, j.unrendered(j.p.Pairs(), out)...), j.broken...)
	return append(out, j.commands()...)
}

// genuine drops what was made up for a role where the same pair renders for another
// one as it stands: it is the other one's.
func (j *project) genuine(docs []*doc.Doc) []*doc.Doc {
	whole := map[*validate.Pair]bool{}
	for _, d := range docs {
		whole[d.Pair] = whole[d.Pair] || !d.MadeUp
	}
	j.varied = slices.DeleteFunc(j.varied, func(v varied) bool { return v.base.MadeUp && whole[v.Pair] })
	return slices.DeleteFunc(docs, func(d *doc.Doc) bool { return d.MadeUp && whole[d.Pair] })
}

func (j *project) oneEach() map[string]int {
	counts := map[string]int{}
	for _, r := range j.roles {
		counts[r.Name] = 1
	}
	return counts
}

// outputs are what a role's first node gets; nil where the role has none.
func (j *project) outputs(ctx context.Context, r *validate.Rendering, role *doc.Role) []*doc.Doc {
	if r == nil {
		return nil
	}
	out := []*doc.Doc{}
	var node *metadata.Node
	for _, o := range r.Outputs {
		if o.Node.Role != role.Name || node != nil && node != o.Node {
			continue
		}
		node = o.Node
		d := outputDoc(o, role)
		if path.Base(d.Node) == "cmd.info" {
			continue // what the agent is to run: the role's commands again
		}
		if o.Err != nil {
			d = repaired(ctx, r, o, role)
		}
		if d == nil {
			continue
		}
		d.Rel = j.rel(d.File)
		j.vary(ctx, r, o, d)
		if strings.TrimSpace(d.Text) != "" {
			out = append(out, d)
		}
	}
	if node == nil {
		return nil
	}
	return out
}

func outputDoc(o *validate.Output, r *doc.Role) *doc.Doc {
	res := o.Pair.Resource
	node := res.Dest
	if node == "" {
		node = strings.TrimSuffix(path.Base(o.Pair.File), ".tmpl")
	}
	return &doc.Doc{
		File: o.Pair.File, Rel: o.Pair.File, Node: node, Text: o.Content, Format: reader.FormatOf(node, o.Content),
		Role: r, Pair: o.Pair, Generated: true, InImage: true,
		At: func(offset int) diag.Pos { return o.OriginAt(offset) },
	}
}

// orphans are templates that no pair names: copies for patches, pairs of other
// layouts.
func (j *project) orphans() []*validate.Pair {
	taken := j.taken()
	var out []*validate.Pair
	for _, f := range j.p.Files() {
		if !strings.HasSuffix(f.Path, ".tmpl") || taken[f.Path] || f.Size > maxDocSize || skipped(f.Rel) || len(out) >= 50 || !j.own(f) {
			continue
		}
		text, ok := j.p.Text(f.Path)
		if !ok {
			continue
		}
		t := mend(f.Path, text)
		if t == nil {
			j.broken = append(j.broken, j.raw(f, text))
			continue
		}
		out = append(out, &validate.Pair{Image: &app.Image{}, File: f.Path, Resource: &confd.Resource{Keys: []string{"/"}}, Template: t})
	}
	return out
}

// rel is a file's path relative to the app's root.
func (j *project) rel(file string) string {
	if r, err := filepath.Rel(j.p.App.Root, file); err == nil && filepath.IsLocal(r) {
		return filepath.ToSlash(r)
	}
	return filepath.ToSlash(file)
}

// stale are templates that no pair names and that render for no role, as they
// stand.
func (j *project) stale(orphans []*validate.Pair, docs []*doc.Doc) []*doc.Doc {
	rendered := map[*validate.Pair]bool{}
	for _, d := range docs {
		rendered[d.Pair] = true
	}
	var out []*doc.Doc
	for _, p := range orphans {
		if f := j.p.File(p.File); !rendered[p] && f != nil {
			text, _ := j.p.Text(p.File)
			out = append(out, j.raw(f, text))
		}
	}
	return out
}

// machine answers what a template asks of a node that has nothing.
type machine struct{}

func (machine) FileExists(string) bool                      { return false }
func (machine) Getenv(string) string                        { return "" }
func (machine) LookupSRV(string, string, string) []*net.SRV { return nil }
func (machine) LookupIP(string) []string                    { return nil }
func (machine) Now() time.Time                              { return time.Unix(0, 0).UTC() }

// commands are what the scheduler runs on a role's nodes, and the check_cmd and
// reload_cmd of pairs.
func (j *project) commands() []*doc.Doc {
	var out []*doc.Doc
	for _, r := range j.roles {
		for _, c := range j.commandsOf(r) {
			d := commandDoc(c.text, c.pos, r)
			d.Service = c.service
			out = append(out, d)
		}
	}
	for _, p := range j.p.Pairs() {
		if p.Resource == nil {
			continue
		}
		for _, c := range []command{
			{text: p.Resource.CheckCmd, pos: p.Resource.Pos("check_cmd")}, {text: p.Resource.ReloadCmd, pos: p.Resource.Pos("reload_cmd")},
		} {
			if strings.TrimSpace(c.text) != "" {
				d := commandDoc(c.text, c.pos, nil)
				d.Pair, d.Rel = p, j.rel(p.File)
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

func (j *project) commandsOf(r *doc.Role) []command {
	var out []command
	add := func(text string, pos diag.Pos, service ...string) {
		if strings.TrimSpace(text) != "" {
			out = append(out, command{text, pos, strings.Join(service, "")})
		}
	}
	for _, name := range sortedKeys(r.Services) {
		s := r.Services[name]
		add(s.Cmd, s.CmdPos, name)
		add(s.PreCheck, s.Pos)
	}
	if r.CustomMetadata != nil {
		add(r.CustomMetadata.Cmd, r.CustomMetadata.CmdPos)
	}
	spec := j.p.Spec
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
