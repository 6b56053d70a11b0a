package rules

import (
	"context"
	"maps"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// givenStays reports whether what is wrong with o stays when the user has given
// what the form insists on: a required parameter may have an empty default, which
// no node will see.
func givenStays(ctx context.Context, p *validate.Package, o rendered, wrong func(*validate.Output) bool) bool {
	given := map[string]string{}
	for _, leaf := range p.App.Config.Leaves() {
		if leaf.Required == "yes" && leaf.Default != nil && leaf.Default.Kind == jsondoc.String && leaf.Default.Text == "" && len(leaf.Range) == 0 {
			given[leaf.Path] = "given1"
		}
	}
	if len(given) == 0 {
		return true
	}
	s := o.on.Scenario
	maps.Copy(given, s.Set)
	s.Set = given
	r := p.Try(ctx, s, []*validate.Pair{o.Pair})
	if r == nil {
		return true
	}
	for _, other := range r.Outputs {
		if other.Node.Role == o.Node.Role && wrong(other) {
			return true
		}
	}
	return false
}
