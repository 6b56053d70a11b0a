package rules

import (
	"context"
	"slices"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// displayTabs finds tabs beyond what the console shows.
func displayTabs() validate.Rule {
	return validate.NewRule("display-tabs", validate.Error, "display_tabs is beyond what the console shows",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			tabs := document(p).Member("display_tabs")
			if tabs == nil || tabs.Value.Kind != jsondoc.Object {
				return nil
			}
			if n := len(tabs.Value.Members); n > 5 {
				spanKey(r, tabs, "display_tabs has %d tabs: at most 5 are shown", n)
			}
			for _, tab := range tabs.Value.Members {
				newValueCheck(p, r).between("", "timeout of tab "+tab.Key, tab.Value.Get("timeout"), 1, 10)
				if on := tab.Value.Get("roles_to_execute_on"); on != nil && p.Spec != nil {
					for _, role := range on.Items {
						if role.Kind == jsondoc.String && !slices.Contains(p.Spec.RoleNames(), role.Text) {
							span(r, role, "tab %q is made by role %q, which does not exist", tab.Key, role.Text).DidYouMean(role.Text, p.Spec.RoleNames())
						}
					}
				}
				if tab.Value.Kind == jsondoc.Object && tab.Value.Get("cmd") == nil {
					spanKey(r, &tab, "tab %q has no cmd", tab.Key)
				}
			}
			return nil
		})
}
