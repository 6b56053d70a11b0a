package cli

import (
	"context"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/render"
)

// everyRole sees to it that every role has a node to render on: a count may be 0.
func everyRole(p *project) error {
	counts := map[string]int{}
	for _, r := range p.spec.Roles {
		if !r.IsReplica && r.Count == 0 {
			counts[r.Name] = 1
		}
	}
	if len(counts) == 0 {
		return nil
	}
	c, err := metadata.Build(p.spec, metadata.Topology{Counts: counts})
	if err != nil {
		return usageError(err)
	}
	p.cluster = c
	return nil
}

// renderGate renders every pair of a on every node, once, and reports what fails.
func (d *deps) renderGate(a *app.App, p *project) func(context.Context) error {
	passed := false
	return func(ctx context.Context) error {
		if passed {
			return nil
		}
		r, err := render.Project(ctx, a, p.spec, p.cluster, nil)
		if err != nil {
			return err
		}
		d.noteOnce(r.Notes)
		failed := r.Failed()
		d.reportFailed(failed)
		if len(failed) > 0 {
			return errDefectReported()
		}
		passed = true
		return nil
	}
}
