package diag

import (
	"cmp"
	"slices"
	"strings"
)

// Nearest is the up to n candidates that differ least from name, best first:
// the material of a "did you mean". Candidates further away than a third of
// the longer word are left out, and those that share nothing with it.
func Nearest(name string, candidates []string, n int) []string {
	found := nearest(name, candidates)
	var out []string
	for _, f := range found[:min(n, len(found))] {
		out = append(out, f.word)
	}
	return slices.Compact(out)
}

// Meant is the one of candidates that name is surely near to: no other one
// differs from it less than twice as much. It is "" where there is none.
func Meant(name string, candidates []string) string {
	found := nearest(name, candidates)
	found = slices.CompactFunc(found, func(a, b near) bool { return a.word == b.word })
	if len(found) == 0 || len(found) > 1 && found[1].dist < 2*found[0].dist {
		return ""
	}
	return found[0].word
}

// near is a candidate with its distance.
type near struct {
	word string
	dist int
}

// nearest are the candidates that are near enough, best first.
func nearest(name string, candidates []string) []near {
	var found []near
	for _, c := range candidates {
		if c == name {
			continue
		}
		longer := max(len(name), len(c))
		limit := max(1, longer/3)
		if d := distance(name, c, limit); d <= limit && d < longer {
			found = append(found, near{c, d})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.word, b.word))
	})
	return found
}

// distance is the optimal string alignment distance of a and b (insert,
// delete, replace, swap of neighbours), or a number above limit as soon as it
// is known to be greater.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		if slices.Min(cur) > limit {
			return limit + 1
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}

// DidYouMean adds to err the hint which up to two of candidates name may have
// been meant for: those that are near, else those that it is a part of. Where
// there is none, the hint is otherwise ("" for none).
func DidYouMean(err error, name string, candidates []string, otherwise string) error {
	near := Nearest(name, candidates, 2)
	if len(near) == 0 {
		near = longer(name, candidates, 2)
	}
	switch {
	case len(near) == 1:
		return WithHint(err, "did you mean %q?", near[0])
	case len(near) > 1:
		return WithHint(err, "did you mean %q or %q?", near[0], near[1])
	case otherwise != "":
		return WithHint(err, "%s", otherwise)
	}
	return err
}

// longer are up to n candidates that have name as a part: it was cut short.
func longer(name string, candidates []string, n int) []string {
	var out []string
	for _, c := range candidates {
		if len(name) > 2 && strings.Contains(c, name) && len(out) < n {
			out = append(out, c)
		}
	}
	return out
}
