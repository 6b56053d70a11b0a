package rules

import "testing"

func TestOneSlip(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"start.sh", "strat.sh", true},
		{"start.sh", "stat.sh", true},
		{"start.sh", "stsrt.sh", true},
		{"start.sh", "startt.sh", true},
		{"start.sh", "start.sh", false},
		{"start.sh", "restart.sh", false},
		{"node1.sh", "node2.sh", false},
		{"node.sh", "node2.sh", false},
		{"a.sh", "b.sh", false},
		{"start.sh", "start.s", true},
		{"start", "sta", false},
	} {
		if oneSlip(c.a, c.b) != c.want || oneSlip(c.b, c.a) != c.want {
			t.Errorf("%s, %s: not %t", c.a, c.b, c.want)
		}
	}
}
