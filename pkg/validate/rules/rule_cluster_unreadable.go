package rules

import (
	"context"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// clusterUnreadable finds what keeps cluster.json.mustache from becoming a
// cluster, where no other rule says it.
func clusterUnreadable() validate.Rule {
	return validate.NewRule("cluster-unreadable", validate.Error, "cluster.json.mustache makes no cluster",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.SpecErr == nil || saidElsewhere(p) {
				return nil
			}
			r.Fault(diag.Pos{File: p.App.ClusterFile, Line: 1}, p.SpecErr)
			return nil
		})
}

// saidElsewhere reports whether json-syntax, mustache-variable, cluster-value
// or cluster-key-missing have something to say.
func saidElsewhere(p *validate.Package) (said bool) {
	eachFault(p, func(f jsondoc.Fault) { said = said || f.Kind != jsondoc.DuplicateKey })
	for _, x := range variables(p) {
		prop := p.App.Config.Lookup(x.Var)
		said = said || prop == nil || prop.Group()
	}
	for _, n := range nodes(p) {
		for _, key := range []string{"count", "replica"} {
			v := n.doc.Get(key)
			said = said || v != nil && !isInteger(v) // cluster-value
		}
	}
	if document(p) != nil {
		missing(p, func(*jsondoc.Value, string, string) { said = true })
	}
	return said
}
