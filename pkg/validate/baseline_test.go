package validate_test

import (
	"testing"

	"github.com/appimg/appimg/pkg/validate"
)

// A baseline knows a finding by its rule, file and line's text, as often as it
// was there; it never grows.
func TestBaseline(t *testing.T) {
	at := func(rule string, line int) *validate.Finding {
		return &validate.Finding{Rule: rule, File: "a", Line: line}
	}
	text := map[int]string{1: "x = 1", 2: "  x = 1", 3: "y = 2"}
	line := func(f *validate.Finding) string { return text[f.Line%10] }
	b := validate.NewBaseline([]*validate.Finding{at("r", 1), at("r", 2), at("r", 3), at("s", 1)}, line)
	data, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if b, err = validate.ParseBaseline("b.json", data); err != nil {
		t.Fatal(err)
	}
	left, rest := b.Filter([]*validate.Finding{at("r", 11), at("r", 12), at("r", 2), at("t", 1)}, line)
	if len(left) != 2 || left[0].Line != 2 || left[1].Rule != "t" {
		t.Errorf("left over: %+v", left)
	}
	if len(rest.Findings) != 1 || rest.Findings[0].Count != 2 {
		t.Errorf("what remains: %+v", rest.Findings)
	}
	for _, bad := range []string{`{`, `{"version": 2}`} {
		if _, err := validate.ParseBaseline("b.json", []byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
