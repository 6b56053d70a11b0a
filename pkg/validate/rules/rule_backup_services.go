package rules

import (
	"context"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

// backupServices finds a custom backup policy without the commands that it
// stands on.
func backupServices() validate.Rule {
	return validate.NewRule("backup-services", validate.Error, "A custom backup policy lacks its commands",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			policy := document(p).Get("backup_policy")
			for _, n := range nodes(p) {
				if own := n.doc.Get("backup_policy"); own.Str() == "custom" {
					policy = own
				}
			}
			if policy.Str() != "custom" {
				return nil
			}
			var lacking []string
			for _, name := range []string{"backup", "restore", "delete_snapshot"} {
				if !slices.ContainsFunc(nodes(p), func(n node) bool { return n.doc.Get("services", name, "cmd").Str() != "" }) {
					lacking = append(lacking, "services."+name+".cmd")
				}
			}
			if len(lacking) > 0 {
				span(r, policy, "backup_policy is custom, and no role has %s", strings.Join(lacking, ", "))
			}
			return nil
		})
}
