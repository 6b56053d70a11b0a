package rules

import (
	"context"
	"slices"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// mustacheVariable finds variables of cluster.json.mustache that config.json
// has no property for.
func mustacheVariable() validate.Rule {
	return validate.NewRule("mustache-variable", validate.Error, "A variable of cluster.json.mustache has no property",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if !readable(p) {
				return nil
			}
			var paths []string
			for _, leaf := range p.App.Config.Leaves() {
				paths = append(paths, leaf.Path)
			}
			for i, x := range variables(p) {
				prop := p.App.Config.Lookup(x.Var)
				end := x.Pos
				end.Col += len([]rune(x.Var)) + 4
				switch {
				case p.App.Config == nil && i > 0: // it is said once
				case p.App.Config == nil:
					r.Span(x.Pos, end, "{{%s}} stands for a property of config.json, which is not there", x.Var).
						WithFix("put config.json beside cluster.json.mustache; appimg init shows one")
				case prop == nil:
					r.Span(x.Pos, end, "config.json has no property %q", x.Var).DidYouMean(x.Var, paths)
				case prop.Group():
					r.Span(x.Pos, end, "property %q of config.json is a group: it has no value", x.Var)
				}
			}
			return nil
		})
}

// readable reports whether both files are JSON, and config.json has the group that
// each app has: after a fault of one, what the other lacks cannot be told.
func readable(p *validate.Package) bool {
	if c := p.App.Config; c != nil && (c.Err() != nil || c.Lookup("cluster") == nil) {
		return false
	}
	_, faults := p.App.Cluster()
	return !slices.ContainsFunc(faults, func(f jsondoc.Fault) bool { return f.Kind != jsondoc.DuplicateKey })
}

// variables are those of cluster.json.mustache, in its order.
func variables(p *validate.Package) []*jsondoc.Expr {
	doc, _ := p.App.Cluster()
	var out []*jsondoc.Expr
	doc.Walk(func(v *jsondoc.Value) bool {
		eachVariable(v.Tree, func(x *jsondoc.Expr) { out = append(out, x) })
		return true
	})
	return out
}

func eachVariable(x *jsondoc.Expr, visit func(*jsondoc.Expr)) {
	switch {
	case x == nil:
	case x.Op == 0 && x.Var != "":
		visit(x)
	default:
		eachVariable(x.X, visit)
		eachVariable(x.Y, visit)
	}
}
