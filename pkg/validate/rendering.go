package validate

import (
	"context"
	"errors"
	"fmt"
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
		if r := p.try(ctx, s, p.Pairs(), p.room); r != nil {
			out = append(out, r)
		}
	}
	return out
}

// room takes n bytes off what renderings may keep. They are made one after the other.
func (p *Package) room(n int) bool {
	if p.contents+n > maxTotal {
		return false
	}
	p.contents += n
	return true
}

// Try renders pairs on the cluster that s makes; nil if it makes none.
func (p *Package) Try(ctx context.Context, s Scenario, pairs []*Pair) *Rendering {
	return p.try(ctx, s, pairs, func(int) bool { return true })
}

// try is Try as long as there is room for what files become.
func (p *Package) try(ctx context.Context, s Scenario, pairs []*Pair, room func(n int) bool) *Rendering {
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
		for _, o := range renderNode(ctx, spec, c, n, pairs, &memo, room) {
			if errors.Is(o.Err, errTooLong) || errors.Is(o.Err, errNoRoom) {
				p.LeaveOut(o.Pair.Origin(diag.Pos{File: o.Pair.name, Line: 1}).File, "%v", o.Err)
			}
			r.Outputs = append(r.Outputs, o)
		}
	}
	return r
}

func renderNode(ctx context.Context, spec *app.Spec, c *metadata.Cluster, n *metadata.Node, pairs []*Pair, memo *confd.Memo, room func(n int) bool) []*Output {
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
		o.render(ctx, stores[id], room)
		out = append(out, o)
	}
	return out
}

// Why an output has no content that rules could look at.
var (
	errTooLong = fmt.Errorf("what it becomes has more than %d MiB", maxText>>20)
	errNoRoom  = fmt.Errorf("what other files become has %d MiB already", maxTotal>>20)
)

// render makes the content. A template that was too much once is not tried again:
// each try costs as much.
func (o *Output) render(ctx context.Context, store *confd.Store, room func(n int) bool) {
	if o.Err == nil {
		o.Err = o.Pair.givenUp()
	}
	if o.Err != nil {
		return
	}
	var content text
	err := o.Pair.Template.RenderContext(ctx, &content, store)
	var te *confd.TemplateError
	switch {
	case errors.As(err, &te) && te.Exhausted():
		o.Err = o.Pair.giveUp(o.Pair.atOrigin(err))
	case err != nil:
		o.Err = o.Pair.atOrigin(err)
	case content.tooLong:
		o.Err = o.Pair.giveUp(errTooLong)
	default:
		o.Content, o.Err = o.Pair.intern(content.data, room)
	}
}

// text is what a template writes, up to the length that rules read. The template
// goes on behind that: it may have no end at all, which is another fault.
type text struct {
	data    []byte
	tooLong bool
}

func (t *text) Write(p []byte) (int, error) {
	if t.tooLong = t.tooLong || len(t.data)+len(p) > maxText; t.tooLong {
		t.data = nil
	} else {
		t.data = append(t.data, p...)
	}
	return len(p), nil
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
