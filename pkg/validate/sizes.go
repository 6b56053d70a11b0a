package validate

import (
	"slices"

	"github.com/appimg/appimg/pkg/app"
)

// sizes are the numbers of nodes that a role can have: a list, or everything
// from low to high.
type sizes struct {
	list      []int // rising; nil: low to high
	low, high int
	scales    bool // nodes can be added and deleted
}

// sizesOf reads what the user may choose for count in config.json. A count that
// is written in cluster.json.mustache itself only grows, if it scales at all.
func sizesOf(spec *app.Spec, r *app.Role) sizes {
	s := sizes{low: max(r.Count, 0), high: r.Count}
	s.scales = r.Services["scale_out"] != nil || r.Services["scale_in"] != nil
	for _, action := range slices.Concat(r.AdvancedActions, spec.AdvancedActions) {
		s.scales = s.scales || action == "scale_horizontal" || action == "add_nodes"
	}
	p := spec.Property(r.Doc.Get("count"))
	if p == nil {
		if s.scales {
			s.high = r.Count + maxNodesOfRole
		}
		return s
	}
	for _, v := range p.Range {
		if n, ok := v.Int(); ok && n >= 0 {
			s.list = append(s.list, n)
		}
	}
	slices.Sort(s.list)
	s.low, s.high = min(1, r.Count), max(r.Count, 1)+maxNodesOfRole
	if n, ok := p.Min.Int(); ok {
		s.low = max(n, 0)
	}
	if n, ok := p.Max.Int(); ok {
		s.high = n
	}
	return s
}

// atLeast is the least possible number from n on, else the greatest.
func (s sizes) atLeast(n int) int {
	if len(s.list) == 0 {
		return max(s.low, min(n, s.high))
	}
	for _, x := range s.list {
		if x >= n {
			return x
		}
	}
	return s.list[len(s.list)-1]
}

// Fewer is the greatest number of nodes below n that the user can choose for a
// role, at least one; ok is false where there is none.
func Fewer(spec *app.Spec, role string, n int) (fewer int, ok bool) {
	r := spec.Role(role)
	if r == nil {
		return 0, false
	}
	s := sizesOf(spec, r)
	for x := n - 1; x >= 1; x-- {
		if s.atLeast(x) == x {
			return x, true
		}
	}
	return 0, false
}
