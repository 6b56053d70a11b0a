package persist

import (
	"context"
	"sync"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/known"
)

// ID is the rule's id.
const ID = "persistent-data-off-volume"

// Rule is the rule persistent-data-off-volume.
func Rule() validate.Rule {
	settings := sync.OnceValues(func() (*known.Table, error) { return known.New() }) // one table for all apps of a run
	return validate.NewRule(ID, validate.Error, "Persistent data is not on an attached volume", func(ctx context.Context, p *validate.Package, r *validate.Reporter) error {
		table, err := settings()
		if err != nil {
			return err
		}
		return check(ctx, p, r, table)
	})
}

func check(ctx context.Context, p *validate.Package, r *validate.Reporter, table *known.Table) error {
	project, err := open(ctx, p, table)
	if err != nil || project == nil {
		return err
	}
	if err := project.collect(ctx); err != nil {
		return err
	}
	for _, f := range project.judge() {
		f.report(p, r)
	}
	return nil
}
