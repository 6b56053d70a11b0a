package scaffold_test

import (
	"bytes"
	"testing"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/scaffold"
)

// renderPlain renders a template that reads nothing.
func renderPlain(t *testing.T, text string) string {
	t.Helper()
	tmpl, err := confd.ParseTemplate("x.tmpl", text, noMachine{t})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	store, err := confd.LoadStore(t.Context(), confd.TreeSource("/self", map[string]any{}), "/self", nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := tmpl.Render(&out, store); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return out.String()
}

var awkward = []string{
	"", "plain\n", "{{", "}}", "{{{", "{{{{{", "{", "a{{b}}c", "{{- x -}}", "{{/* c */}}", `{{"{{"}}`, "{{\n}}",
	"\ufeffbom", "nul\x00", "bad\xff\xfe{{", "crlf\r\n{{ a }}\r\n", "{ {{ {", "{{define \"x\"}}", "{%if%}", "日本{{語",
}

func TestEscape(t *testing.T) {
	for _, text := range awkward {
		if got := renderPlain(t, scaffold.Escape(text)); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, text := range awkward {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := renderPlain(t, scaffold.Escape(text)); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}
