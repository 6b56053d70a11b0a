package validate

import (
	"context"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/metadata"
)

// Scenario is a cluster to try an app on.
type Scenario struct {
	Name     string            // what is particular about it: "env.port at its maximum"; "" for the app's defaults
	Set      map[string]string // as for app.Expand
	Topology metadata.Topology
}

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
	Err     error

	origins []diag.Pos
}

// Rendered is the app on the cluster that its defaults make: each role with
// its own count. It is nil where the app cannot be deployed at all.
func (p *Package) Rendered() *Rendering {
	if all := p.worlds(); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Renderings are the app on a generated set of clusters, the smallest first
// after Rendered: roles at 1 and more nodes, scaling out and in, parameters at
// the ends of their ranges, links absent.
func (p *Package) Renderings() []*Rendering { return p.worlds() }

func (p *Package) renderAll(context.Context) []*Rendering { return nil }

// Origin is the place of the template, on disk, that line n (from 1) of
// Content was made by; the template as a whole where that is unknown.
func (o *Output) Origin(n int) diag.Pos {
	if n >= 1 && n <= len(o.origins) {
		return o.Pair.Origin(o.origins[n-1])
	}
	return o.Pair.Origin(diag.Pos{File: o.Pair.name, Line: 1})
}
