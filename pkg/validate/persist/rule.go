package persist

import (
	"context"

	"github.com/appimg/appimg/pkg/validate"
)

// ID is the rule's id.
const ID = "persistent-data-off-volume"

// Rule is the rule persistent-data-off-volume.
func Rule() validate.Rule {
	return validate.NewRule(ID, validate.Error, "Persistent data is not on an attached volume", check)
}

func check(ctx context.Context, p *validate.Package, r *validate.Reporter) error {
	project, err := open(ctx, p)
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
