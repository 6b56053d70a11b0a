package gather

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// rendered are the pairs as each role's first node gets them, the same of
// templates that no pair names, and the commands of pairs and services.
func (g *gathering) rendered(ctx context.Context) []*doc.Doc {
	var out []*doc.Doc
	var waiting []*doc.Role // without a node in the default cluster
	first := g.Package.Rendered()
	for _, r := range g.Roles {
		docs := g.outputs(ctx, first, r)
		if docs == nil {
			waiting = append(waiting, r)
		}
		out = append(out, docs...)
	}
	orphans := g.orphans()
	if len(waiting) > 0 || len(orphans) > 0 {
		one := validate.Scenario{Topology: metadata.Topology{Counts: g.oneEach()}}
		if len(waiting) > 0 {
			all := g.Package.Try(ctx, one, g.Package.Pairs())
			for _, r := range waiting {
				out = append(out, g.outputs(ctx, all, r)...)
			}
		}
		if len(orphans) > 0 {
			all := g.Package.Try(ctx, one, orphans)
			for _, r := range g.Roles {
				out = append(out, g.outputs(ctx, all, r)...)
			}
			out = append(out, g.stale(orphans, out)...)
		}
	}
	out = g.genuine(g.renderMended(ctx, out))
	out = append(append(out, g.unrendered(g.Package.Pairs(), out)...), g.broken...)
	return append(out, g.commands()...)
}

// genuine drops what was made up for a role where the same pair renders for another
// one as it stands: it is the other one's.
func (g *gathering) genuine(docs []*doc.Doc) []*doc.Doc {
	whole := map[*validate.Pair]bool{}
	for _, d := range docs {
		whole[d.Pair] = whole[d.Pair] || !d.MadeUp
	}
	g.varied = slices.DeleteFunc(g.varied, func(v Varied) bool { return v.Base.MadeUp && whole[v.Pair] })
	return slices.DeleteFunc(docs, func(d *doc.Doc) bool { return d.MadeUp && whole[d.Pair] })
}

func (g *gathering) oneEach() map[string]int {
	counts := map[string]int{}
	for _, r := range g.Roles {
		counts[r.Name] = 1
	}
	return counts
}

// outputs are what a role's first node gets; nil where the role has none.
func (g *gathering) outputs(ctx context.Context, r *validate.Rendering, role *doc.Role) []*doc.Doc {
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
			d = g.repaired(ctx, r, o, role)
		}
		if d == nil {
			continue
		}
		d.Rel = g.rel(d.File)
		g.vary(ctx, r, o, d)
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
func (g *gathering) orphans() []*validate.Pair {
	taken := g.taken()
	var out []*validate.Pair
	for _, f := range g.Package.Files() {
		if !strings.HasSuffix(f.Path, ".tmpl") || taken[f.Path] || f.Size > MaxDocSize || skipped(f.Rel) || len(out) >= 50 || !g.own(f) {
			continue
		}
		text, ok := g.Package.Text(f.Path)
		if !ok {
			continue
		}
		t := mend(f.Path, text)
		if t == nil {
			g.broken = append(g.broken, g.raw(f, text))
			continue
		}
		out = append(out, &validate.Pair{Image: &app.Image{}, File: f.Path, Resource: &confd.Resource{Keys: []string{"/"}}, Template: t})
	}
	return out
}

// rel is a file's path relative to the app's root.
func (g *gathering) rel(file string) string {
	if r, err := filepath.Rel(g.Package.App.Root, file); err == nil && filepath.IsLocal(r) {
		return filepath.ToSlash(r)
	}
	return filepath.ToSlash(file)
}

// stale are templates that no pair names and that render for no role, as they
// stand.
func (g *gathering) stale(orphans []*validate.Pair, docs []*doc.Doc) []*doc.Doc {
	rendered := map[*validate.Pair]bool{}
	for _, d := range docs {
		rendered[d.Pair] = true
	}
	var out []*doc.Doc
	for _, p := range orphans {
		if f := g.Package.File(p.File); !rendered[p] && f != nil {
			text, _ := g.Package.Text(p.File)
			out = append(out, g.raw(f, text))
		}
	}
	return out
}
