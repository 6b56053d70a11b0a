package validate

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/render"
)

// Rendering is what every pair becomes on every node of a simulated cluster.
type Rendering struct {
	Scenario Scenario
	Spec     *app.Spec
	Cluster  *metadata.Cluster
	Outputs  []*Output // by node, then by pair
}

// Output is what one pair becomes on one node: Content, or Err.
type Output struct {
	Pair    *Pair
	Node    *metadata.Node
	Content string
	Err     error // places are those of the template's own files

	load   func() (*confd.Store, error) // what the template sees; not kept, since all of them together are large
	traced sync.Once
	trace  *confd.Trace // nil where none can be had
}

// Rendered is the app on the cluster that its defaults make: each role with
// its own count, but six nodes at most. It is nil where the app cannot be
// deployed at all.
func (p *Package) Rendered() *Rendering { return p.rendered() }

// Renderings are the app on a generated set of clusters, Rendered first: roles
// at one and at more nodes, scaling out and in, parameters at the ends of their
// ranges, links absent. Those that make no cluster are left out.
func (p *Package) Renderings() []*Rendering { return p.renderings() }

func (p *Package) renderAll(ctx context.Context) []*Rendering {
	first := p.Rendered()
	if first == nil {
		return nil
	}
	out := []*Rendering{first}
	for _, s := range scenarios(p.Spec, p.App.Config) {
		if r := p.Try(ctx, s, p.Pairs()); r != nil {
			out = append(out, r)
		}
	}
	return out
}

// Try renders pairs on the cluster that s makes; nil if it makes none.
func (p *Package) Try(ctx context.Context, s Scenario, pairs []*Pair) *Rendering {
	spec := p.Spec
	if len(s.Set) > 0 {
		var err error
		if spec, err = p.App.Expand(s.Set); err != nil {
			return nil
		}
	}
	if spec == nil {
		return nil
	}
	t, ok := small(spec, s.Topology)
	if !ok {
		return nil
	}
	c, err := metadata.Build(spec, t)
	if err != nil {
		return nil
	}
	r := &Rendering{Scenario: s, Spec: spec, Cluster: c}
	var memo confd.Memo // nodes see much that is the same
	for _, n := range c.Nodes {
		if ctx.Err() != nil {
			return nil
		}
		r.Outputs = append(r.Outputs, renderNode(ctx, spec, c, n, pairs, &memo)...)
	}
	return r
}

func renderNode(ctx context.Context, spec *app.Spec, c *metadata.Cluster, n *metadata.Node, pairs []*Pair, memo *confd.Memo) []*Output {
	src, prefix := render.NodeSource(spec, c, n)
	applier := confd.Applier{Prefix: &prefix}
	stores := map[string]*confd.Store{} // by what was fetched: making one is most of the work
	var out []*Output
	for _, pair := range pairs {
		if pair.Template == nil || !pair.Image.UsedBy(n.Role) {
			continue
		}
		from := applier.EffectivePrefix(pair.Resource)
		o := &Output{Pair: pair, Node: n, load: func() (*confd.Store, error) {
			return confd.LoadStore(ctx, src, from, pair.Resource.Keys)
		}}
		id := from + "\x00" + strings.Join(pair.Resource.Keys, "\x00")
		if stores[id] == nil {
			stores[id], o.Err = memo.LoadStore(ctx, src, from, pair.Resource.Keys)
		}
		o.render(ctx, stores[id])
		out = append(out, o)
	}
	return out
}

func (o *Output) render(ctx context.Context, store *confd.Store) {
	if o.Err != nil {
		return
	}
	var content bytes.Buffer
	if err := o.Pair.Template.RenderContext(ctx, &content, store); err != nil {
		o.Err = o.Pair.atOrigin(err)
		return
	}
	o.Content = o.Pair.intern(content.Bytes())
}

// Origin is the place of the template, on disk, that made line n (from 1) of
// Content.
func (o *Output) Origin(n int) diag.Pos {
	offset := 0
	for range n - 1 {
		next := strings.IndexByte(o.Content[offset:], '\n')
		if next < 0 {
			break
		}
		offset += next + 1
	}
	rest := o.Content[offset:]
	return o.OriginAt(offset + len(rest) - len(strings.TrimLeft(rest, " \t")))
}

// OriginAt is the place of the template, on disk, that made the byte at offset
// of Content; of the template as a whole where that cannot be told.
func (o *Output) OriginAt(offset int) diag.Pos {
	o.traced.Do(func() {
		if o.Err != nil {
			return
		}
		if store, err := o.load(); err == nil {
			o.trace, _ = o.Pair.Template.Trace(context.Background(), store)
		}
	})
	if o.trace == nil {
		return o.Pair.Origin(diag.Pos{File: o.Pair.name, Line: 1})
	}
	return o.Pair.Origin(o.trace.Pos(offset))
}

// Has reports whether the node's metadata, as the pair fetches it, has a value
// at key.
func (o *Output) Has(key string) bool {
	store, err := o.load()
	if err != nil {
		return false
	}
	for kv := range store.All() {
		if kv.Key == key {
			return true
		}
	}
	return false
}
