package rules

import "testing"

// What is looked at first, since it is fast, leaves out nothing.
func TestUsesVariable(t *testing.T) {
	for text, want := range map[string]bool{
		"a=1\necho $a":            true,
		"a=1\necho ${a:-x}":       true,
		"a=1\necho ${#a} ${!a}":   true,
		"a=1\nexport b a":         true,
		"a=1\nreadonly a":         true,
		"a=1\necho $ab ${ba} x.a": false,
		"a=1\n# a export":         false,
		"a=1":                     false,
	} {
		if got := usesVariable(text, "a"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestHasExponent(t *testing.T) {
	for text, want := range map[string]bool{"x 1e+06 y": true, "1e-07": true, "core-site e-1 e+": false, "1e+": false, "": false} {
		if got := hasExponent(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
