package validate

import "testing"

func TestExtentOf(t *testing.T) {
	for line, want := range map[string]string{
		`"a b", c`: `"a b"`, `"a \" b" c`: `"a \" b"`, `"open`: `"`, `'x' y`: `'x'`,
		`{{ getv "/a" }}/b`: `{{ getv "/a" }}`, `{{ getv`: `{`,
		`reload_cmd = "x"`: `reload_cmd`, `/opt/a.conf:`: `/opt/a.conf`, `数据/日志 x`: `数据/日志`, `= 1`: `=`, `last`: `last`,
	} {
		runes := []rune(line)
		if got := string(runes[:extentOf(runes)]); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
