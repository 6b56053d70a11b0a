package validate

import "testing"

func TestSuggestion(t *testing.T) {
	for _, x := range []struct {
		text      string
		line, col int
		want      string
	}{
		{"prot = prot\n", 1, 1, "port = prot\n"},
		{"prot = prot", 1, 2, "prot = port"},
		{"a\nü {{getv \"/env/prot\"}}\n", 2, 3, "a\nü {{getv \"/env/port\"}}\n"},
		{"protx xprot prot_ my-prot prot.x 日prot", 1, 1, ""}, // other words
		{"port = 1\n", 1, 1, ""},                             // mended already
		{"prot", 2, 1, ""},
		{"prot", 1, 9, ""},
		{"", 7, 7, ""},
	} {
		if x.want == "" {
			x.want = x.text
		}
		f := &Finding{Line: x.line, Col: x.col, file: "f"}
		got, err := suggestion(f, "prot", "port").Apply([]byte(x.text))
		if err != nil || string(got) != x.want {
			t.Errorf("%q: %q, %v", x.text, got, err)
		}
	}
}
