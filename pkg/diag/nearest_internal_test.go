package diag

import "testing"

// distance takes what is the same at both ends away, and stops at a limit: it is what
// the definition says all the same.
func TestDistance(t *testing.T) {
	words := []string{""}
	for _, length := range []int{1, 2, 3, 4} {
		for _, w := range words {
			if len(w) == length-1 {
				words = append(words, w+"a", w+"b", w+"c")
			}
		}
	}
	for _, a := range words {
		for _, b := range words {
			want := defined(a, b)
			for limit := range 5 {
				if got := distance(a, b, limit); got != want && (got <= limit || want <= limit) {
					t.Fatalf("distance(%q, %q, %d) = %d, want %d", a, b, limit, got, want)
				}
			}
		}
	}
}

// defined is the optimal string alignment distance by its definition.
func defined(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	n, m := len(a)-1, len(b)-1
	cost := 1
	if a[n] == b[m] {
		cost = 0
	}
	d := min(defined(a[:n], b)+1, defined(a, b[:m])+1, defined(a[:n], b[:m])+cost)
	if n > 0 && m > 0 && a[n] == b[m-1] && a[n-1] == b[m] {
		d = min(d, defined(a[:n-1], b[:m-1])+1)
	}
	return d
}
