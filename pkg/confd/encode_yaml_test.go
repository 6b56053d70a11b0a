package confd

import "testing"

// What later releases of yaml.v2 write in another way.
func TestToYAMLIsThatOfTheAgent(t *testing.T) {
	for _, c := range []struct {
		in   any
		want string
	}{
		{"2006-01-02", "2006-01-02\n"},
		{float64(123456789), "1.2345679e+08\n"},
		{"1e3", "1e3\n"},
	} {
		if got, err := toYAML(c.in); got != c.want || err != nil {
			t.Errorf("toYaml %v = %q, %v; want %q", c.in, got, err, c.want)
		}
	}
}
