package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

const (
	statisticsInt = "min max avg delta rate mode median latest"
	statisticsStr = "mode latest"
)

// monitorDefinition finds items, groups, display and alarm that do not fit
// together, and values that the platform does not take.
func monitorDefinition() validate.Rule {
	return validate.NewRule("monitor-definition", validate.Error, "The parts of monitor do not fit together",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, m := range monitors(p) {
				if m.doc.Get("enable").Bool() && m.doc.Get("items") != nil && m.doc.Get("cmd") == nil && document(p).Get("monitor", "cmd") == nil {
					r.At(m.doc.Pos, "monitor is enabled and has no cmd: its items have no values").In(m.role).WithFix("name the command that prints them as one JSON object")
				}
				m.checkItems(r)
				m.checkGroups(r)
				m.checkNames(r, "display", append(keysOf(m.doc.Get("items")), keysOf(m.doc.Get("groups"))...))
				m.checkNames(r, "alarm", keysOf(m.doc.Get("items")))
			}
			return nil
		})
}

type monitor struct {
	role string
	doc  *jsondoc.Value
}

func monitors(p *validate.Package) []monitor {
	var out []monitor
	for _, s := range scopes(p) {
		if m := s.doc.Get("monitor"); m != nil && m.Kind == jsondoc.Object {
			out = append(out, monitor{s.role, m})
		}
	}
	return out
}

// keysOf are the names of an object's members.
func keysOf(v *jsondoc.Value) []string {
	var out []string
	if v != nil {
		for _, m := range v.Members {
			out = append(out, m.Key)
		}
	}
	return out
}

func (m monitor) checkItems(r *validate.Reporter) {
	items := m.doc.Get("items")
	if items == nil {
		return
	}
	switch n := len(items.Members); {
	case n > 50:
		r.At(items.Pos, "monitor has %d items: at most 50 are possible", n).In(m.role)
	case n > 20:
		r.At(items.Pos, "monitor has %d items: at most 20 are advised", n).In(m.role).As(validate.Info)
	}
	for _, item := range items.Members {
		if item.Value.Kind == jsondoc.Object {
			m.checkItem(r, item)
		}
	}
}

func (m monitor) checkItem(r *validate.Reporter, item jsondoc.Member) {
	kind, statistics := item.Value.Get("value_type"), item.Value.Get("statistics_type")
	if kind != nil && !oneOf(kind, "int str") {
		tell(r, m.role, kind, "value_type of %q is %s: int and str are possible", item.Key, show(kind))
		return
	}
	isText := kind.Str() == "str"
	possible := statisticsInt
	if isText {
		possible = statisticsStr
	}
	if statistics != nil && !oneOf(statistics, possible) {
		tell(r, m.role, statistics, "statistics_type of %q is %s: %s are possible", item.Key, show(statistics), strings.ReplaceAll(possible, " ", ", ")).
			DidYouMean(statistics.Text, strings.Fields(possible))
	}
	if scale := item.Value.Member("scale_factor_when_display"); isText && scale != nil && scale.Value.Text != "1" {
		spanKey(r, scale, "scale_factor_when_display of %q has no effect: its value_type is str", item.Key).In(m.role).As(validate.Warning)
	}
	if enums := item.Value.Member("enums"); !isText && enums != nil {
		spanKey(r, enums, `enums of %q have no effect: they are for "value_type": "str"`, item.Key).In(m.role).As(validate.Warning)
	}
}

func (m monitor) checkGroups(r *validate.Reporter) {
	groups := m.doc.Get("groups")
	if groups == nil {
		return
	}
	items := keysOf(m.doc.Get("items"))
	for _, g := range groups.Members {
		if n := len(g.Value.Items); g.Value.Kind == jsondoc.Array && (n < 1 || n > 5) {
			spanKey(r, &g, "group %q has %d items: one to five are possible", g.Key, n).In(m.role)
		}
		for _, v := range g.Value.Items {
			m.known(r, fmt.Sprintf("group %q", g.Key), v, items)
		}
	}
}

func (m monitor) checkNames(r *validate.Reporter, list string, known []string) {
	if v := m.doc.Get(list); v != nil {
		for _, name := range v.Items {
			m.known(r, list, name, known)
		}
	}
}

func (m monitor) known(r *validate.Reporter, where string, v *jsondoc.Value, known []string) {
	if v.Kind == jsondoc.String && !slices.Contains(known, v.Text) {
		tell(r, m.role, v, "%s names %q, which monitor does not have", where, v.Text).DidYouMean(v.Text, known)
	}
}
