package rules

import (
	"context"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// clusterKeyMissing finds required keys of cluster.json.mustache that are not
// there.
func clusterKeyMissing() validate.Rule {
	return validate.NewRule("cluster-key-missing", validate.Error, "cluster.json.mustache lacks a required key",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if doc := document(p); doc != nil {
				missing(p, func(v *jsondoc.Value, role, what string) {
					r.At(v.Pos, "%s", what).In(role)
				})
			}
			return nil
		})
}

// missing tells what is missing in which object.
func missing(p *validate.Package, tell func(v *jsondoc.Value, role, what string)) {
	doc := document(p)
	if doc.Kind != jsondoc.Object {
		return // cluster-unreadable
	}
	var lacking []string
	for _, key := range []string{"name", "description", "vxnet", "nodes"} {
		if doc.Get(key) == nil {
			lacking = append(lacking, key)
		}
	}
	switch last := len(lacking) - 1; {
	case last == 0:
		tell(doc, "", lacking[0]+" is missing")
	case last > 0:
		tell(doc, "", strings.Join(lacking[:last], ", ")+" and "+lacking[last]+" are missing")
	}
	all := nodes(p)
	for _, n := range all {
		missingInRole(n, len(all) > 1, func(v *jsondoc.Value, what string) { tell(v, n.role, what) })
		for _, s := range services(n) {
			if s.Value.Get("cmd") == nil && s.Value.Kind == jsondoc.Object {
				tell(s.Value, n.role, "services."+s.Key+" has no cmd")
			}
		}
	}
}

func missingInRole(n node, several bool, tell func(v *jsondoc.Value, what string)) {
	if several && n.doc.Get("role") == nil {
		tell(n.doc, "role is missing: with several roles each has a name")
	}
	if n.doc.Get("count") == nil {
		tell(n.doc, "count is missing: the number of nodes")
	}
	c := n.doc.Get("container")
	if c == nil {
		tell(n.doc, "container is missing: type and image of the nodes")
		return
	}
	for _, key := range []string{"type", "image"} {
		if c.Get(key) == nil {
			tell(c, "container."+key+" is missing")
		}
	}
	if m := n.doc.Get("custom_metadata"); m != nil && m.Kind == jsondoc.Object && m.Get("cmd") == nil {
		tell(m, "custom_metadata has no cmd")
	}
	if c.Get("type").Str() == "kvm" && c.Get("zone") == nil {
		tell(c, "container.zone is missing: a KVM image belongs to a zone")
	}
}

// services are the members of a role's services.
func services(n node) []jsondoc.Member {
	if s := n.doc.Get("services"); s != nil {
		return s.Members
	}
	return nil
}
