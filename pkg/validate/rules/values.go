package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// possible are the values that v of cluster.json.mustache may get: itself, or
// the default and the range of the property that stands for it, each at its
// own place.
func possible(p *validate.Package, v *jsondoc.Value) []*jsondoc.Value {
	if v == nil {
		return nil
	}
	if p.Spec == nil {
		return []*jsondoc.Value{v}
	}
	prop := p.Spec.Property(v)
	if prop == nil {
		return []*jsondoc.Value{v}
	}
	var out []*jsondoc.Value
	if prop.Default != nil && prop.Default.Kind != jsondoc.Null {
		out = append(out, prop.Default)
	}
	return append(out, prop.Range...)
}

// document is cluster.json.mustache: evaluated, or as written where that fails.
func document(p *validate.Package) *jsondoc.Value {
	if p.Spec != nil {
		return p.Spec.Doc
	}
	doc, _ := p.App.Cluster()
	return doc
}

// nodes are the role objects of cluster.json.mustache with their names.
func nodes(p *validate.Package) []node {
	list := document(p).Get("nodes")
	if list == nil {
		return nil
	}
	items := list.Items
	if list.Kind == jsondoc.Object {
		items = []*jsondoc.Value{list}
	}
	var out []node
	for _, v := range items {
		if v.Kind == jsondoc.Object {
			out = append(out, node{v.Get("role").Str(), v})
		}
	}
	return out
}

type node struct {
	role string
	doc  *jsondoc.Value
}

// scopes are the document and its roles: what may stand in either.
func scopes(p *validate.Package) []node {
	return append([]node{{"", document(p)}}, nodes(p)...)
}

// show is a value as a message quotes it.
func show(v *jsondoc.Value) string {
	switch v.Kind {
	case jsondoc.String:
		return fmt.Sprintf("%q", v.Text)
	case jsondoc.Array, jsondoc.Object:
		return v.Kind.String()
	}
	return v.Text
}

// span reports at a value as a whole, as far as it is in one line.
func span(r *validate.Reporter, v *jsondoc.Value, format string, args ...any) *validate.Finding {
	if v.End.Line != v.Pos.Line {
		return r.At(v.Pos, format, args...)
	}
	return r.Span(v.Pos, v.End, format, args...)
}

// spanKey reports at a member's key.
func spanKey(r *validate.Reporter, m *jsondoc.Member, format string, args ...any) *validate.Finding {
	end := m.KeyPos
	end.Col += len([]rune(m.Key)) + 2
	return r.Span(m.KeyPos, end, format, args...)
}

// oneOf reports whether a scalar is one of the words.
func oneOf(v *jsondoc.Value, words string) bool {
	return slices.Contains(strings.Fields(words), v.Text)
}

// isInteger reports whether v is a whole number, or an expression that may be one.
func isInteger(v *jsondoc.Value) bool {
	_, ok := v.Int()
	return ok || v.Kind == jsondoc.Mustache
}

// tell reports why at the place of v, naming what it is the value of.
func tell(r *validate.Reporter, role string, v *jsondoc.Value, format string, args ...any) *validate.Finding {
	return span(r, v, format, args...).In(role)
}
