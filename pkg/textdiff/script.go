package textdiff

import "slices"

// change is a[a0:a1] replaced by b[b0:b1].
type change struct{ a0, a1, b0, b1 int }

// maxEdits bounds the search for the shortest difference, which takes the
// square of it in time and memory; texts that differ more are shown as replaced.
const maxEdits = 2000

// script is how a becomes b, in order.
func script(a, b []string) []change {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA--
		endB--
	}
	if start == endA && start == endB {
		return nil
	}
	path, ok := shortest(a[start:endA], b[start:endB])
	if !ok {
		return []change{{start, endA, start, endB}}
	}
	return join(path, start)
}

// join makes changes of single steps: neighbours become one.
func join(path []change, offset int) []change {
	var out []change
	for _, c := range path {
		c = change{c.a0 + offset, c.a1 + offset, c.b0 + offset, c.b1 + offset}
		if n := len(out) - 1; n >= 0 && out[n].a1 == c.a0 && out[n].b1 == c.b0 {
			out[n].a1, out[n].b1 = c.a1, c.b1
		} else {
			out = append(out, c)
		}
	}
	return out
}

// shortest is the shortest way from a to b in single steps (E. Myers, "An O(ND)
// Difference Algorithm and Its Variations", 1986): at[d][k] is how far in a one
// comes on diagonal k (place in a minus place in b) with d steps.
func shortest(a, b []string) (steps []change, ok bool) {
	var trace [][]int
	v := []int{0, 0, 0} // diagonals -1, 0, 1
	for d := 0; d <= maxEdits; d++ {
		trace = append(trace, v)
		next := make([]int, 2*d+5)
		for k := -d; k <= d; k += 2 {
			x := furthest(v, d, k)
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			next[k+d+2] = x
			if x >= len(a) && x-k >= len(b) {
				return walkBack(trace, len(a), len(b)), true
			}
		}
		v = next
	}
	return nil, false
}

// furthest is where step d enters diagonal k. v has the diagonals from -d-1 on.
func furthest(v []int, d, k int) int {
	if d == 0 {
		return 0
	}
	if down(v, d, k) {
		return v[k+1+d+1]
	}
	return v[k-1+d+1] + 1
}

// down reports whether the step into diagonal k adds a line of b.
func down(v []int, d, k int) bool {
	return k == -d || k != d && v[k-1+d+1] < v[k+1+d+1]
}

func walkBack(trace [][]int, x, y int) []change {
	var steps []change
	for d := len(trace) - 1; d > 0; d-- {
		v, k := trace[d], x-y
		if down(v, d, k) {
			x = v[k+1+d+1]
			y = x - (k + 1)
			steps = append(steps, change{x, x, y, y + 1})
		} else {
			x = v[k-1+d+1]
			y = x - (k - 1)
			steps = append(steps, change{x, x + 1, y, y})
		}
	}
	slices.Reverse(steps)
	return steps
}
