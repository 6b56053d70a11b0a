package rules

import (
	"context"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// monitorItemNotDisplayed finds items that nobody ever sees.
func monitorItemNotDisplayed() validate.Rule {
	return validate.NewRule("monitor-item-not-displayed", validate.Info, "A monitored item is shown nowhere",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, m := range monitors(p) {
				shown := map[string]bool{}
				m.eachShown(func(name string) { shown[name] = true })
				if items := m.doc.Get("items"); items != nil && m.doc.Get("display") != nil {
					for _, item := range items.Members {
						if !shown[item.Key] {
							spanKey(r, &item, "item %q is in no group, no display and no alarm: nobody sees it", item.Key).In(m.role).WithFix("name it in display, or in a group that display names; or remove it")
						}
					}
				}
			}
			return nil
		})
}

// monitorGroupNotDisplayed finds groups that nobody ever sees.
func monitorGroupNotDisplayed() validate.Rule {
	return validate.NewRule("monitor-group-not-displayed", validate.Info, "A group of monitored items is shown nowhere",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, m := range monitors(p) {
				groups, display := m.doc.Get("groups"), m.doc.Get("display")
				if groups == nil || display == nil {
					continue
				}
				for _, g := range groups.Members {
					if !contains(display, g.Key) {
						spanKey(r, &g, "group %q is not in display: nobody sees it", g.Key).In(m.role).WithFix("name it in display, or remove it")
					}
				}
			}
			return nil
		})
}

// eachShown visits the items that a group, display or alarm names.
func (m monitor) eachShown(visit func(name string)) {
	for _, list := range []string{"groups", "display", "alarm"} {
		m.doc.Get(list).Walk(func(v *jsondoc.Value) bool {
			if v.Kind == jsondoc.String {
				visit(v.Text)
			}
			return true
		})
	}
}

func contains(list *jsondoc.Value, text string) bool {
	for _, v := range list.Items {
		if v.Str() == text {
			return true
		}
	}
	return false
}
