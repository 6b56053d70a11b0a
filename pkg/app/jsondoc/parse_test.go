package jsondoc_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

func TestPlaces(t *testing.T) {
	data := "{\n  \"日本\": [true, \"x\\u00e9\\ud83d\\ude00\\n\"],\n  \"n\": -1.50e2\n}"
	root, err := jsondoc.Parse("f", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	str := root.Get("日本", "1")
	if str.Text != "xé😀\n" || str.Pos.String() != "f:2:16" || str.End.String() != "f:2:39" {
		t.Errorf("string %q at %v–%v", str.Text, str.Pos, str.End)
	}
	n := root.Get("n")
	if n.Text != "-1.50e2" || data[n.Start:n.Stop] != n.Text || n.Pos.String() != "f:3:8" {
		t.Errorf("number %q at %v", n.Text, n.Pos)
	}
	if m := root.Member("n"); m.KeyPos.String() != "f:3:3" || data[m.KeyStart:m.KeyStop] != `"n"` {
		t.Errorf("member %+v", m)
	}
	root.Walk(func(v *jsondoc.Value) bool {
		if want := diag.At("f", data, v.Start); v.Pos != want {
			t.Errorf("%v is at %v", v.Pos, want)
		}
		if want := diag.At("f", data, v.Stop); v.End != want {
			t.Errorf("end %v is at %v", v.End, want)
		}
		return true
	})
}

func TestGet(t *testing.T) {
	root, err := jsondoc.Parse("f", []byte(`{"a": [{"key": "x", "v": 1}, {"key": "y", "v": 2.0}], "b": {"c=d": true}}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"a/key=y/v": "2.0", "a/0/v": "1", "b/c=d": "true", "a/7": "", "a/key=z": "", "a/-1": "", "q": "", "a/0/v/x": "",
	} {
		got := root.Get(strings.Split(path, "/")...)
		if got == nil && want != "" || got != nil && got.Text != want {
			t.Errorf("%s = %+v, want %q", path, got, want)
		}
	}
	if n, ok := root.Get("a", "1", "v").Int(); n != 2 || !ok {
		t.Errorf("Int = %d, %v", n, ok)
	}
}

// faults lists the faults as "line:col kind".
func faults(data string, o jsondoc.Options) string {
	_, all := jsondoc.ParseTolerant("f", []byte(data), o)
	var out []string
	for _, f := range all {
		out = append(out, fmt.Sprintf("%d:%d %s", f.Pos.Line, f.Pos.Col, f.Kind))
	}
	return strings.Join(out, ", ")
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ in, want, value string }{
		{"\xef\xbb\xbf{}", "1:1 bom", "{}"},
		{"\xff\xfe{\x00}\x00", "1:1 not-utf8", "null"},
		{"{\x00}\x00", "1:1 not-utf8", "null"},
		{"\x00{\x00}", "1:1 not-utf8", "null"},
		{"{\"a\": \"\xe9\"}", "1:8 not-utf8", `{"a":"�"}`},
		{`{"a":1,}`, "1:7 trailing-comma", `{"a":1}`},
		{`[1, 2 , ]`, "1:7 trailing-comma", `[1,2]`},
		{`{"a":1,"a":2}`, "1:8 duplicate-key", `{"a":2}`},
		{"{ // x\n \"a\": /* y */ 1 # z\n}", "1:3 comment, 2:7 comment, 2:17 comment", `{"a":1}`},
		{`["\x", "\u12", "\`, `1:3 bad-escape, 1:9 bad-escape, 1:16 syntax, 1:17 bad-escape`, `["\\x","\\u12"]`},
		{`["\ud800"]`, "", `["�"]`},
		{"[\"a\tb\"]", "1:4 control-char", `["a\tb"]`},
		{`{'a': 'it"s'}`, "1:2 single-quotes, 1:7 single-quotes", `{"a":"it\"s"}`},
		{`["a" "b" {}]`, "1:6 missing-comma, 1:10 missing-comma", `["a","b",{}]`},
		{`{"a": 1 "b": 2}`, "1:9 missing-comma", `{"a":1,"b":2}`},
		{`[True, None, null, yes]`, "1:2 bad-literal, 1:8 bad-literal, 1:20 bad-literal", `[true,null,null,"yes"]`},
		{`{a: 1}`, "1:2 bad-literal", `{"a":1}`},
		{`{} {}`, "1:4 trailing-data", `{}`},
		{"", "1:1 syntax", "null"},
		{"  ", "1:3 syntax", "null"},
		{`{"a":1]`, "1:7 syntax", `{"a":1}`},
		{`{"a":`, "1:6 syntax", `{}`},
		{"{\"a\": \"x\n\"}", "1:7 syntax", `{}`},
		{`[1 2]`, "1:4 syntax", `[1]`},
		{`{{a}}`, "1:2 syntax", `{}`},
		{`[1 * 2]`, "1:4 syntax", `[1]`},
		{"[1 /* x", "1:4 syntax", `[1]`},
	} {
		if got := faults(c.in, jsondoc.Options{}); got != c.want {
			t.Errorf("%q: %s, want %s", c.in, got, c.want)
		}
		v, _ := jsondoc.ParseTolerant("f", []byte(c.in), jsondoc.Options{})
		if got, err := json.Marshal(v.Any()); err != nil || string(got) != c.value {
			t.Errorf("%q = %s (%v), want %s", c.in, got, err, c.value)
		}
	}
	for in, want := range map[string]string{"[01]": "1:2", "[+1]": "1:2", "[.5]": "1:2", "[1.]": "1:2", "[0x1f, 10G]": "1:2 bad-number, 1:8"} {
		if got := faults(in, jsondoc.Options{}); got != want+" bad-number" {
			t.Errorf("%q: %s", in, got)
		}
	}
}

func TestStrictSaysWhere(t *testing.T) {
	_, err := jsondoc.Parse("app/config.json", []byte("{\n  \"a\": 1,\n}"))
	if want := `app/config.json:2:9: a comma before the closing '}'`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if hints := diag.Hints(err); len(hints) != 1 {
		t.Errorf("hints %q", hints)
	}
}

func TestDepthIsBounded(t *testing.T) {
	for _, deep := range []string{strings.Repeat("[", 1e6), strings.Repeat(`{"a":`, 1e6), strings.Repeat("(", 1e6), strings.Repeat("- ", 1e6), strings.Repeat("1+", 1e6) + "1"} {
		got := faults(deep, jsondoc.Options{Mustache: true})
		if !strings.HasSuffix(got, "too-deep") {
			t.Errorf("%.5s…: %.80s", deep, got)
		}
	}
}

func TestExpressions(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{{a.b}}`, "a.b"}, {`{{ a.b }}`, "a.b"}, {`{{{a.b}}}`, "a.b"},
		{`{{a}} * 4 / 1024 * 10`, "(((a*4)/1024)*10)"},
		{`1 + 2 * -({{a}} - 3)`, "(1+(2*~(a-3)))"},
		{`{{a}}-1`, "(a-1)"},
		{"{{a}}\n  +\n  1 ", "(a+1)"},
	} {
		v, faults := jsondoc.ParseTolerant("f", []byte(c.in), jsondoc.Options{Mustache: true})
		if len(faults) > 0 || v.Kind != jsondoc.Mustache || show(v.Tree) != c.want {
			t.Errorf("%q = %v %s %v, want %s", c.in, v.Kind, show(v.Tree), faults, c.want)
		}
		if v.Text != strings.TrimSpace(c.in) {
			t.Errorf("%q has the text %q", c.in, v.Text)
		}
	}
	for in, want := range map[string]string{
		`{"a": {{b}`: "1:7 syntax", `{{#s}}`: "1:1 syntax", `{{}}`: "1:1 syntax", `{{a}} *`: "1:8 syntax",
		`[({{a}}]`: "1:8 syntax", "{{a\n}}": "1:1 syntax", `{{{a}}`: "1:1 syntax", `[{{a}} {{b}}]`: "1:8 missing-comma",
		`{{{x}}: 1}`: "1:1 syntax", `[1 + 01]`: "1:6 bad-number", `[-1, 2e3]`: "",
	} {
		if got := faults(in, jsondoc.Options{Mustache: true}); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func show(e *jsondoc.Expr) string {
	switch {
	case e == nil:
		return "nil"
	case e.Op == 0:
		return e.Var + e.Num
	case e.Op == '~':
		return "~" + show(e.X)
	default:
		return "(" + show(e.X) + string(e.Op) + show(e.Y) + ")"
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a": [1, -2.5e3, "x\u00e9", null, true]}`, `{"a": {{x.y}} * 4 / 1024,}`, "\xef\xbb\xbf{'a': // c\n}", `[1 2`, `{"a": "\x"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jsondoc.Parse("f", data)
		var want any
		if bad := json.Unmarshal(data, &want); err == nil && (bad != nil || !reflect.DeepEqual(plain(t, v), want)) {
			t.Fatalf("%q: got %v, encoding/json %v (%v)", data, v.Any(), want, bad)
		}
		v, _ = jsondoc.ParseTolerant("f", data, jsondoc.Options{Mustache: true})
		v.Walk(func(v *jsondoc.Value) bool {
			if v.Start < 0 || v.Stop < v.Start || v.Stop > len(data) || v.Pos != diag.At("f", string(data), v.Start) {
				t.Fatalf("%q: a value at %d–%d, %v", data, v.Start, v.Stop, v.Pos)
			}
			return true
		})
	})
}

// plain is v with float64 numbers.
func plain(t *testing.T, v *jsondoc.Value) any {
	t.Helper()
	text, err := json.Marshal(v.Any())
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
