package validate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/metadata"
)

// Scenario is a cluster to try an app on.
type Scenario struct {
	Name     string            // what is particular about it, as a message says it; "" for the app's defaults
	Set      map[string]string // as for app.Expand
	Topology metadata.Topology
}

// maxChoices bounds how many values of a parameter's range are tried.
const maxChoices = 8

// scenarios are the clusters that an app is tried on beside the one of its
// defaults. Parameters are varied all at once: what fails is traced to one of
// them afterwards.
func scenarios(spec *app.Spec, config *app.Config) []Scenario {
	all := []Scenario{
		{Name: "the fewest nodes", Topology: metadata.Topology{Counts: counts(spec, 1)}},
		{Name: "three nodes in each role", Topology: metadata.Topology{Counts: counts(spec, 3)}},
	}
	all = append(all, scaling(spec)...)
	required := func(l app.Link) bool { return l.Required }
	if len(spec.Links) > 0 && !slices.ContainsFunc(spec.Links, required) {
		all = append(all, Scenario{Name: "without linked clusters", Topology: metadata.Topology{NoLinks: true}})
	}
	all = append(all, replicas(spec)...)
	leaves := config.Leaves()
	for i := range maxChoices {
		set := choose(leaves, i)
		if i < 2 { // beside the ends of the parameters' ranges
			maps.Copy(set, machines(leaves, i == 1))
		}
		if len(set) > 0 {
			all = append(all, Scenario{Name: fmt.Sprintf("choice %d of every parameter", i+1), Set: set})
		}
	}
	return all
}

// counts are n nodes for each role, or what is possible from n on; replicas
// come along with their masters.
func counts(spec *app.Spec, n int) map[string]int {
	out := map[string]int{}
	for _, r := range spec.Roles {
		if !r.IsReplica {
			out[r.Name] = sizesOf(spec, r).atLeast(n)
		}
	}
	return out
}

// scaling are the clusters while nodes come and go: of each role alone, since
// the others have no adding-hosts and deleting-hosts then, and of all at once.
func scaling(spec *app.Spec) []Scenario {
	var all []Scenario
	try := func(of string, larger, more map[string]int) {
		all = append(all,
			Scenario{Name: "while nodes" + of + " are added", Topology: metadata.Topology{Counts: larger, Adding: more}},
			Scenario{Name: "while nodes" + of + " are deleted", Topology: metadata.Topology{Counts: larger, Deleting: more}})
	}
	fewest := counts(spec, 1)
	larger, more := growing(spec, fewest)
	for _, role := range slices.Sorted(maps.Keys(more)) {
		if len(more) > 1 {
			alone := maps.Clone(fewest)
			alone[role] = larger[role]
			try(" of "+role, alone, map[string]int{role: more[role]})
		}
	}
	if len(more) > 0 {
		try("", larger, more)
	}
	return all
}

// growing are the fewest nodes of each role while nodes are being added to it, or
// deleted from it, with their number.
func growing(spec *app.Spec, fewest map[string]int) (larger, more map[string]int) {
	larger, more = maps.Clone(fewest), map[string]int{}
	for _, r := range spec.Roles {
		s := sizesOf(spec, r)
		if r.IsReplica || !s.scales {
			continue
		}
		if next := s.atLeast(larger[r.Name] + 1); next > larger[r.Name] {
			larger[r.Name], more[r.Name] = next, next-larger[r.Name]
		}
	}
	return larger, more
}

// replicas are the fewest and the most replicas that the user can choose for
// each node, as far as the default is another number. A cluster of lint is
// small: six are many.
func replicas(spec *app.Spec) []Scenario {
	fewest, most := map[string]string{}, map[string]string{}
	for _, r := range spec.Roles {
		p := spec.Property(r.Doc.Get("replica"))
		if p == nil || r.IsReplica {
			continue
		}
		var possible []int
		for _, v := range slices.Concat([]*jsondoc.Value{p.Min, p.Max}, p.Range) {
			if n, ok := v.Int(); ok && n >= 0 {
				possible = append(possible, n)
			}
		}
		if high, ok := p.Max.Int(); ok && high > maxNodesOfRole && len(p.Range) == 0 {
			possible = append(possible, maxNodesOfRole)
		}
		possible = slices.DeleteFunc(possible, func(n int) bool { return n > maxNodesOfRole })
		if len(possible) == 0 {
			continue
		}
		if n := slices.Min(possible); n != r.Replica {
			fewest[p.Path] = strconv.Itoa(n)
		}
		if n := slices.Max(possible); n != r.Replica {
			most[p.Path] = strconv.Itoa(n)
		}
	}
	var out []Scenario
	for _, s := range []Scenario{{Name: "the fewest replicas", Set: fewest}, {Name: "many replicas", Set: most}} {
		if len(s.Set) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// choose sets every env parameter that has an i-th choice to it.
func choose(leaves []*app.Property, i int) map[string]string {
	set := map[string]string{}
	for _, p := range leaves {
		if !strings.HasPrefix(p.Path, "env.") {
			continue
		}
		if all := Choices(p); i < len(all) {
			set[p.Path] = all[i]
		}
	}
	return set
}

// machines are the smallest, or the largest, machines and volumes that the user
// can choose.
func machines(leaves []*app.Property, largest bool) map[string]string {
	set := map[string]string{}
	for _, p := range leaves {
		if !strings.HasPrefix(p.Path, "cluster.") || !slices.Contains([]string{"cpu", "memory", "gpu", "volume_size"}, p.Key) {
			continue
		}
		var ends []*jsondoc.Value
		for _, v := range slices.Concat([]*jsondoc.Value{p.Min, p.Max}, p.Range) {
			if _, ok := v.Int(); ok {
				ends = append(ends, v)
			}
		}
		if len(ends) == 0 {
			continue
		}
		slices.SortFunc(ends, func(a, b *jsondoc.Value) int {
			x, _ := a.Int()
			y, _ := b.Int()
			return cmp.Compare(x, y)
		})
		end := ends[0]
		if largest {
			end = ends[len(ends)-1]
		}
		if p.Default == nil || p.Default.Text != end.Text {
			set[p.Path] = end.Text
		}
	}
	return set
}

// Choices are the values of a parameter that are worth a try beside its
// default: the ends of its bounds, and its range.
func Choices(p *app.Property) []string {
	var out []string
	for _, v := range append([]*jsondoc.Value{p.Min, p.Max}, p.Range...) {
		if v == nil || len(out) == maxChoices || p.Default != nil && v.Text == p.Default.Text {
			continue
		}
		switch v.Kind {
		case jsondoc.String, jsondoc.Number, jsondoc.Bool:
			out = append(out, v.Text)
		}
	}
	if p.Type == "boolean" && len(out) == 0 {
		out = append(out, otherBool(p.Default))
	}
	return out
}

func otherBool(v *jsondoc.Value) string {
	if v.Bool() {
		return "false"
	}
	return "true"
}

// A cluster of lint is small: what goes wrong with six nodes of a role goes
// wrong with sixty, and each node sees all others.
const (
	maxNodesOfRole = 6
	maxNodes       = 200
)

// small lowers the counts of t; ok is false where a cluster is too large all
// the same.
func small(spec *app.Spec, t metadata.Topology) (_ metadata.Topology, ok bool) {
	counts, total := map[string]int{}, 0
	for _, r := range spec.Roles {
		if r.IsReplica {
			continue
		}
		n, given := t.Counts[r.Name]
		if !given {
			n = r.Count
		}
		n = min(n, maxNodesOfRole)
		counts[r.Name] = n
		if r.Replica > maxNodes {
			return t, false
		}
		total += n * (1 + r.Replica)
	}
	t.Counts = counts
	return t, total <= maxNodes
}
