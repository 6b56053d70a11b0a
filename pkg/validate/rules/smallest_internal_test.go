package rules

import (
	"testing"

	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/validate"
)

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		role string
		n    int
		want string
	}{
		{"", 1, "with 1 node"},
		{"", 3, "with 3 nodes"},
		{"web", 1, "with web × 1"},
	} {
		s := validate.Scenario{Topology: metadata.Topology{Counts: map[string]int{c.role: c.n}}}
		if got := describe(s); got != c.want {
			t.Errorf("%q × %d: %q, want %q", c.role, c.n, got, c.want)
		}
	}
}
