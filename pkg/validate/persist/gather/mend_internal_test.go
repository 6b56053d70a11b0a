package gather

import "testing"

// What is left of a template stays where it was.
func TestMendKeepsPlaces(t *testing.T) {
	for _, text := range []string{"{{", "a {{getv \"/x\"\nb {{end}} c", "{{if}}x{{else}}y", "{{nothing .}}{{end}}", "{{range}}{{if}}{{end}}", "é{{x\n{{y}}"} {
		if mend("x.tmpl", text) == nil {
			t.Errorf("%q is not mended", text)
		}
	}
	if got := len(without("a {{x y\nb", errText("template: x:1: unclosed action"))); got != len("a {{x y\nb") {
		t.Errorf("%d bytes", got)
	}
}

type errText string

func (e errText) Error() string { return string(e) }
