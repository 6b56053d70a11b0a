package rules

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// smallest describes the smallest cluster on which o still fails at pos.
func smallest(ctx context.Context, p *validate.Package, at *validate.Rendering, o *validate.Output, pos diag.Pos) string {
	fails := func(s validate.Scenario) bool {
		again := p.Try(ctx, s, []*validate.Pair{o.Pair})
		return again != nil && slices.ContainsFunc(again.Outputs, func(x *validate.Output) bool {
			te := templateError(x.Err)
			return te != nil && te.Pos == pos && x.Node.Role == o.Node.Role
		})
	}
	s := at.Scenario
	if te := templateError(o.Err); te != nil && te.Exhausted() {
		return describe(s) // each try would cost as much again
	}
	s.Set = fewestSettings(s, fails)
	if s.Topology.Counts != nil {
		s.Topology.Counts = fewestNodes(p.Spec, s, fails)
	}
	return describe(s)
}

// fewestSettings is the one parameter that is enough, or all of them.
func fewestSettings(s validate.Scenario, fails func(validate.Scenario) bool) map[string]string {
	for _, key := range slices.Sorted(maps.Keys(s.Set)) {
		one := s
		one.Set = map[string]string{key: s.Set[key]}
		if fails(one) {
			return one.Set
		}
	}
	return s.Set
}

// fewestNodes lowers the counts role by role as long as it still fails.
func fewestNodes(spec *app.Spec, s validate.Scenario, fails func(validate.Scenario) bool) map[string]int {
	counts := maps.Clone(s.Topology.Counts)
	for _, role := range slices.Sorted(maps.Keys(counts)) {
		for n, ok := validate.Fewer(spec, role, counts[role]); ok; n, ok = validate.Fewer(spec, role, n) {
			fewer := s
			fewer.Topology.Counts = maps.Clone(counts)
			fewer.Topology.Counts[role] = n
			if n <= max(s.Topology.Adding[role], s.Topology.Deleting[role]) || !fails(fewer) {
				break // some were there before, and some stay
			}
			counts = fewer.Topology.Counts
		}
	}
	return counts
}

func describe(s validate.Scenario) string {
	var words []string
	for _, key := range slices.Sorted(maps.Keys(s.Set)) {
		words = append(words, fmt.Sprintf("%s = %q", key, s.Set[key]))
	}
	for _, role := range slices.Sorted(maps.Keys(s.Topology.Counts)) {
		words = append(words, countOf(role, s.Topology.Counts[role]))
	}
	words = append(words, moved(s.Topology.Adding, "being added")...)
	words = append(words, moved(s.Topology.Deleting, "being deleted")...)
	if s.Topology.NoLinks {
		words = append(words, "no linked cluster")
	}
	if len(words) == 0 {
		return "of the cluster that the defaults make"
	}
	return "with " + strings.Join(words, ", ")
}

// moved says of which roles nodes come or go.
func moved(roles map[string]int, how string) []string {
	var words []string
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		switch n := roles[role]; {
		case role != "":
			words = append(words, fmt.Sprintf("%d of %s %s", n, role, how))
		default:
			words = append(words, fmt.Sprintf("%d of them %s", n, how))
		}
	}
	return words
}

// countOf is how many nodes a role has; the only role of an app has no name.
func countOf(role string, n int) string {
	switch {
	case role != "":
		return fmt.Sprintf("%s × %d", role, n)
	case n == 1:
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", n)
}
