package gather

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// maxMissing bounds how many keys are made up for one template.
const maxMissing = 20

// repaired renders a pair once more that failed for a key that the simulated
// cluster does not have, with values made up for such keys; nil where that does
// not help.
func (g *gathering) repaired(ctx context.Context, r *validate.Rendering, o *validate.Output, role *doc.Role) *doc.Doc {
	if r.Spec.MetadataRootAccess || o.Pair.Template == nil {
		return nil
	}
	store, content := g.again(ctx, r, o, r.Cluster.Self(o.Node), o.Err, &confd.Memo{})
	if store == nil {
		return nil
	}
	d := anotherDoc(o, role, store, content)
	d.MadeUp = true
	return d
}

// again renders a pair with what a node sees, and with values made up for keys that
// are missing; err is what it failed with before. No store where that does not help.
func (g *gathering) again(ctx context.Context, r *validate.Rendering, o *validate.Output, self map[string]any, err error, memo *confd.Memo) (*confd.Store, string) {
	for range maxMissing {
		if err != nil {
			var missing *confd.TemplateError
			if r.Spec.MetadataRootAccess || !errors.As(err, &missing) || missing.Key == "" {
				return nil, ""
			}
			keys := strings.Split(strings.Trim(missing.Key, "/"), "/")
			self = with(self, keys, g.madeUp(keys, o.Node.Role))
		}
		store, loadErr := storeOf(ctx, r, o, self, memo)
		if loadErr != nil {
			return nil, ""
		}
		var content bytes.Buffer
		if err = o.Pair.Template.RenderContext(ctx, &content, store); err == nil {
			return store, content.String()
		}
	}
	return nil, ""
}

// madeUp is a value for a key that a role does not have: the default of the parameter
// that it would hold if cluster.json.mustache passed it on.
func (g *gathering) madeUp(keys []string, role string) string {
	if len(keys) == 2 && keys[0] == "env" && g.Package.App.Config != nil {
		if p := g.property(keys[1], role); p != nil && p.Default != nil && p.Default.Kind != jsondoc.Null {
			return p.Default.Text
		}
	}
	return "1"
}

// storeOf is what a pair's template sees of what a node sees.
func storeOf(ctx context.Context, r *validate.Rendering, o *validate.Output, self map[string]any, memo *confd.Memo) (*confd.Store, error) {
	prefix, tree := "/self", self
	if r.Spec.MetadataRootAccess {
		prefix, tree = "/", maps.Clone(r.Cluster.Data())
		tree["self"] = self
	}
	applier := confd.Applier{Prefix: &prefix}
	return memo.LoadStore(ctx, confd.TreeSource(prefix, tree), applier.EffectivePrefix(o.Pair.Resource), o.Pair.Resource.Keys)
}

// with is a tree that has a value at a path, beside what it has.
func with(tree map[string]any, keys []string, value string) map[string]any {
	out := maps.Clone(tree)
	if out == nil {
		out = map[string]any{}
	}
	if len(keys) == 1 {
		out[keys[0]] = value
		return out
	}
	below, _ := out[keys[0]].(map[string]any)
	out[keys[0]] = with(below, keys[1:], value)
	return out
}

// anotherDoc is what a pair becomes with another store than the simulated cluster's.
func anotherDoc(o *validate.Output, role *doc.Role, store *confd.Store, content string) *doc.Doc {
	d := outputDoc(o, role)
	d.Text, d.Format = content, reader.FormatOf(d.Node, content)
	var trace *confd.Trace
	d.At = func(offset int) diag.Pos {
		if trace == nil {
			trace, _ = o.Pair.Template.Trace(context.Background(), store) // it has rendered already
		}
		if trace == nil {
			return diag.Pos{File: d.File}
		}
		return o.Pair.Origin(trace.Pos(offset))
	}
	return d
}

// unrendered are pairs that render for no role, as they stand: what templates
// would put in becomes variables.
func (g *gathering) unrendered(pairs []*validate.Pair, docs []*doc.Doc) []*doc.Doc {
	rendered := map[string]bool{}
	for _, d := range docs {
		rendered[d.File] = true
	}
	var out []*doc.Doc
	for _, p := range pairs {
		if rendered[p.File] || p.Source == nil || p.Resource == nil {
			continue
		}
		text := blank(string(p.Source.Text))
		node := p.Resource.Dest
		out = append(out, &doc.Doc{
			File: p.File, Rel: g.rel(p.File), Node: node, Text: text, Format: reader.FormatOf(node, text), Pair: p, Generated: true, InImage: true,
			At: func(offset int) diag.Pos {
				pos := diag.At("", text, offset)
				return p.Source.Origin(pos.Line, pos.Col)
			},
		})
	}
	return out
}

// raw is a template that no pair names and that cannot be rendered, as it
// stands.
func (g *gathering) raw(f *validate.File, text string) *doc.Doc {
	blanked := blank(text)
	node := strings.TrimSuffix(path.Base(f.Rel), ".tmpl")
	return &doc.Doc{
		File: f.Path, Rel: f.Rel, Node: node, Text: blanked, Format: reader.FormatOf(node, blanked), Generated: true,
		At: func(offset int) diag.Pos { return diag.At(f.Path, blanked, offset) },
	}
}

// blank makes variables of what a template puts in, and white space of what it
// only decides, so that places stay.
func blank(text string) string {
	var b strings.Builder
	for {
		start := strings.Index(text, "{{")
		end := -1
		if start >= 0 {
			end = strings.Index(text[start:], "}}")
		}
		if end < 0 {
			b.WriteString(text)
			return b.String()
		}
		action := text[start : start+end+2]
		b.WriteString(text[:start])
		b.WriteString(confd.Blank(action))
		text = text[start+end+2:]
	}
}
