package confd

import (
	"errors"
	"slices"
	"testing"
)

// What is left of a template stays where it was.
func TestMendKeepsPlaces(t *testing.T) {
	for _, text := range []string{"{{", "a {{getv \"/x\"\nb {{end}} c", "{{if}}x{{else}}y", "{{nothing .}}{{end}}", "{{range}}{{if}}{{end}}", "é{{x\n{{y}}"} {
		if !Mend(text, func(text string) error { _, err := ParseTemplate("x.tmpl", text, nil); return err }) {
			t.Errorf("%q is not mended", text)
		}
	}
	if got := len(without("a {{x y\nb", errors.New("template: x:1: unclosed action"))); got != len("a {{x y\nb") {
		t.Errorf("%d bytes", got)
	}
}

// What is read beside a fault is seen at the place that it has in the file.
func TestParseTolerant(t *testing.T) {
	for text, want := range map[string][]string{
		`{{getv "/a"}}`:        {"1:3 /a"},
		`{{atoi (getv "/a")}}`: {"1:9 /a"},
		`{{$n := toInt (getv "/a")}}{{if gt $n 1}}x{{end}}`: {"1:16 /a"},
		`{{getv '/é'}} {{getv "/b"}}`:                       {"1:17 /b"},
		"{{if (getv \"/a\") == 1}}\n{{getv \"/b\"}}{{end}}": {"2:3 /b"},
		"{{if getv \"/a\"}}\n{{getv \"/b\"}}":               {"1:6 /a", "2:3 /b"},
		"{{getv \"/b\"}}\n{{getv \"/a\"":                    {"1:3 /b"},
	} {
		s := ParseTolerant("x.tmpl", text)
		if s == nil {
			t.Errorf("%q: nothing is left", text)
			continue
		}
		var got []string
		for _, r := range s.Reads() {
			got = append(got, r.Pos.String()[len("x.tmpl:"):]+" "+r.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q reads %q, wanted %q", text, got, want)
		}
	}
}
