package owner

import (
	"slices"
	"testing"
)

func TestPlainlySet(t *testing.T) {
	const text = "A=one\n# B=no\n export C=\"two words\"\r\nD=$x\nE='3' \nF=4;\nG=\n=x\nH=last"
	var got []string
	for name, value := range plainlySet(text, 5) {
		got = append(got, name+"="+value)
	}
	if want := []string{"A=one", "C=two words", "E=3", "G=", "H=last"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for range plainlySet("A=1\n", 0) {
		t.Error("more than was asked for")
	}
}

func TestUsed(t *testing.T) {
	for after, want := range map[string][2]string{
		"ROLE.sh": {"ROLE", "ROLE"}, "{ROLE}.sh": {"ROLE", "{ROLE}"}, "1": {"1", "1"}, "{x-y}": {}, "{x": {}, "{}": {}, "(x)": {}, "$x": {}, "": {},
	} {
		if name, use := used(after); name != want[0] || use != want[1] {
			t.Errorf("$%s uses %q by %q, want %q", after, name, use, want)
		}
	}
}
