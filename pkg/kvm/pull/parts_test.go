package pull

import (
	"slices"
	"testing"
)

func TestSplit(t *testing.T) {
	old := []string{"a1\na2", "b1\nb2\n", "c1"} // "a1\na2\n" "b1\nb2\n\n" "c1\n"
	tests := map[string]struct {
		text string
		want []string // nil: it cannot be told
	}{
		"nothing":             {"a1\na2\nb1\nb2\n\nc1\n", old},
		"the first":           {"a1\nnew\nb1\nb2\n\nc1\n", []string{"a1\nnew", "b1\nb2\n", "c1"}},
		"within the middle":   {"a1\na2\nb1\nnew\nb2\n\nc1\n", []string{"a1\na2", "b1\nnew\nb2\n", "c1"}},
		"the last":            {"a1\na2\nb1\nb2\n\nc2\nc3\n", []string{"a1\na2", "b1\nb2\n", "c2\nc3"}},
		"first and last":      {"a0\nb1\nb2\n\nc0\n", []string{"a0", "b1\nb2\n", "c0"}},
		"two neighbours":      {"a0\nb0\n\nc1\n", nil},
		"all":                 {"x\n", nil},
		"no line end at last": {"a1\na2\nb1\nb2\n\nc1", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := split(old, tt.text)
			if ok != (tt.want != nil) || !slices.Equal(got, tt.want) {
				t.Errorf("%q, %v", got, ok)
			}
		})
	}
}

// Whatever the text, parts that were told give it again.
func FuzzSplit(f *testing.F) {
	f.Add("a1\na2", "b", "c", "a1\nx\nb\nc\n")
	f.Add("", "", "", "\n\n\n")
	f.Add("a", "a", "a", "a\nb\na\n")
	f.Fuzz(func(t *testing.T, a, b, c, text string) {
		if parts, ok := split([]string{a, b, c}, text); ok && joined(parts) != text {
			t.Errorf("%q gives %q, not %q", parts, joined(parts), text)
		}
	})
}
