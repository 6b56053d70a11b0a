package jsondoc_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

var edits = []struct {
	name, in string
	change   jsondoc.Change
	want     string
}{
	{"member, two spaces", "{\n  \"a\": 1,\n  \"b\": 2\n}\n", jsondoc.SetValue("3", "c"), "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}\n"},
	{"member, tabs and one member", "{\n\t\"a\": 1\n}", jsondoc.SetValue(`{"x":[1,2],"y":{}}`, "b"), "{\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"x\": [1, 2],\n\t\t\"y\": {}\n\t}\n}"},
	{"member, one line", `{"a": 1}`, jsondoc.SetValue(`{"x":true}`, "b"), `{"a": 1, "b": {"x": true}}`},
	{"member, minified", `{"a":1}`, jsondoc.SetValue(`{"x":[true,null]}`, "b"), `{"a":1,"b":{"x":[true,null]}}`},
	{"member, inner blanks", `{ "a" : 1 }`, jsondoc.SetValue(`"x"`, "b"), `{ "a" : 1, "b" : "x" }`},
	{"member, CRLF", "{\r\n  \"a\": 1\r\n}\r\n", jsondoc.SetValue(`{"x":1}`, "b"), "{\r\n  \"a\": 1,\r\n  \"b\": {\r\n    \"x\": 1\r\n  }\r\n}\r\n"},
	{"member into empty object", "{\n  \"a\": {}\n}", jsondoc.SetValue(`1`, "a", "b"), "{\n  \"a\": {\n    \"b\": 1\n  }\n}"},
	{"member behind a comment", "{\n  \"a\": 1 // one\n}", jsondoc.SetValue(`2`, "b"), "{\n  \"a\": 1, // one\n  \"b\": 2\n}"},
	{"member behind a trailing comma", "{\n  \"a\": 1,\n}", jsondoc.SetValue(`2`, "b"), "{\n  \"a\": 1,\n  \"b\": 2\n}"},
	{"member behind a trailing comma and a comment", "{\n  \"a\": 1, // one\n}", jsondoc.SetValue(`2`, "b"), "{\n  \"a\": 1, // one\n  \"b\": 2\n}"},
	{"member like its neighbours", "{\n  \"a\": { \"unit\": \"s\" },\n  \"b\": { \"unit\": \"s\" }\n}", jsondoc.SetValue(`{"unit":"ms"}`, "c"), "{\n  \"a\": { \"unit\": \"s\" },\n  \"b\": { \"unit\": \"s\" },\n  \"c\": {\"unit\": \"ms\"}\n}"},
	{"blank lines between are not repeated", "{\n  \"a\": 1,\n\n  \"b\": 2\n}", jsondoc.SetValue("3", "c"), "{\n  \"a\": 1,\n\n  \"b\": 2,\n  \"c\": 3\n}"},
	{"value", "{\n  \"a\":   1, // one\n  \"b\": 2\n}", jsondoc.SetValue(`"x<y"`, "a"), "{\n  \"a\":   \"x<y\", // one\n  \"b\": 2\n}"},
	{"value of an item", `{"nodes": [{"role": "m", "image": "old"}, {"role": "s", "image": "old"}]}`, jsondoc.SetValue(`"new"`, "nodes", "role=s", "image"), `{"nodes": [{"role": "m", "image": "old"}, {"role": "s", "image": "new"}]}`},
	{"equal value stays as written", "{\"a\": [ 1,2 ]}", jsondoc.SetValue(`[1, 2]`, "a"), "{\"a\": [ 1,2 ]}"},
	{"mustache", "{\n  \"a\": {{x.a}} * 2,\n  \"b\": {{ x.b }}\n}", jsondoc.SetValue("{{x.c}}", "c"), "{\n  \"a\": {{x.a}} * 2,\n  \"b\": {{ x.b }},\n  \"c\": {{x.c}}\n}"},
	{"equal mustache stays", "{\"a\": {{ x.a }}}", jsondoc.SetValue("{{x.a}}", "a"), "{\"a\": {{ x.a }}}"},
	{"item, hugging", "{\n  \"p\": [{\n    \"key\": \"a\"\n  }, {\n    \"key\": \"b\"\n  }]\n}", jsondoc.AppendItem(`{"key":"c","p":[{"key":"d"}]}`, "p"), "{\n  \"p\": [{\n    \"key\": \"a\"\n  }, {\n    \"key\": \"b\"\n  }, {\n    \"key\": \"c\",\n    \"p\": [{\n      \"key\": \"d\"\n    }]\n  }]\n}"},
	{"item, hugging, one there", "{\n  \"p\": [{\n    \"key\": \"a\"\n  }]\n}", jsondoc.AppendItem(`{"key":"b"}`, "p"), "{\n  \"p\": [{\n    \"key\": \"a\"\n  }, {\n    \"key\": \"b\"\n  }]\n}"},
	{"item, a line each", "[\n  {\"key\": \"a\"},\n  {\"key\": \"b\"}\n]", jsondoc.AppendItem(`{"key":"c"}`), "[\n  {\"key\": \"a\"},\n  {\"key\": \"b\"},\n  {\"key\": \"c\"}\n]"},
	{"item, brackets on their own lines", "{\n    \"p\": [\n        {\n            \"key\": \"a\"\n        }\n    ]\n}", jsondoc.AppendItem(`{"key":"b"}`, "p"), "{\n    \"p\": [\n        {\n            \"key\": \"a\"\n        },\n        {\n            \"key\": \"b\"\n        }\n    ]\n}"},
	{"item of scalars", "{\n  \"d\": [\"a\", \"b\"]\n}", jsondoc.AppendItem(`"c"`, "d"), "{\n  \"d\": [\"a\", \"b\", \"c\"]\n}"},
	{"item that is there", `["a", "b"]`, jsondoc.AppendItem(`"a"`), `["a", "b"]`},
	{"first item", "{\n  \"d\": []\n}", jsondoc.AppendItem(`{"a":1}`, "d"), "{\n  \"d\": [\n    {\n      \"a\": 1\n    }\n  ]\n}"},
	{"remove in the middle", "{\n  \"a\": 1, // one\n  \"b\": 2,\n  \"c\": 3\n}", jsondoc.Remove("b"), "{\n  \"a\": 1, // one\n  \"c\": 3\n}"},
	{"remove the first", "{\n  \"a\": 1,\n  \"b\": 2\n}", jsondoc.Remove("a"), "{\n  \"b\": 2\n}"},
	{"remove the last", "{\n  \"a\": 1, // one\n  \"b\": 2\n}", jsondoc.Remove("b"), "{\n  \"a\": 1 // one\n}"},
	{"remove the last with its comma", "[1, 2, ]", jsondoc.Remove("1"), "[1 ]"},
	{"remove the only one", "{\n  \"a\": 1\n}", jsondoc.Remove("a"), "{}"},
	{"remove what is not there", "{\"a\": 1}", jsondoc.Remove("b"), "{\"a\": 1}"},
}

func TestApply(t *testing.T) {
	o := jsondoc.Options{Mustache: true}
	for _, c := range edits {
		t.Run(c.name, func(t *testing.T) {
			got, err := jsondoc.Apply("f", []byte(c.in), o, c.change)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if strings.HasPrefix(c.name, "remove the last with") {
				return // an index names the next one afterwards
			}
			again, err := jsondoc.Apply("f", got, o, c.change)
			if err != nil || string(again) != string(got) {
				t.Errorf("a second run changed it to\n%s (%v)", again, err)
			}
		})
	}
}

func TestApplyAllOrNothing(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		changes        []jsondoc.Change
	}{
		{"no such parent", `{"a": 1}`, `editing "f" at "x/y": f:1:1: no "x" in the object`, []jsondoc.Change{jsondoc.SetValue("2", "b"), jsondoc.SetValue("1", "x", "y")}},
		{"not an array", `{"a": 1}`, `editing "f" at "a": f:1:7: this is no array but a value of type number`, []jsondoc.Change{jsondoc.AppendItem("2", "a")}},
		{"bad new value", `{"a": 1}`, `editing "f" at "a": new value:1:3: unexpected end of file: the array that begins at line 1 is not closed`, []jsondoc.Change{jsondoc.SetValue("[1", "a")}},
		{"broken file", `{"a": 1`, `editing "f" at "a": f:1:8: unexpected end of file: the object that begins at line 1 is not closed`, []jsondoc.Change{jsondoc.SetValue("2", "a")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := jsondoc.Apply("f", []byte(c.in), jsondoc.Options{}, c.changes...)
			if err == nil || err.Error() != c.want || got != nil {
				t.Errorf("got %q, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestApplyKeepsTheInput(t *testing.T) {
	in := []byte(`{"a": 1, "b": 2}`)
	if _, err := jsondoc.Apply("f", in, jsondoc.Options{}, jsondoc.SetValue("3", "a"), jsondoc.Remove("b")); err != nil {
		t.Fatal(err)
	}
	if string(in) != `{"a": 1, "b": 2}` {
		t.Errorf("the caller's bytes became %s", in)
	}
}

func FuzzApply(f *testing.F) {
	for _, c := range edits {
		f.Add(c.in, "a", `{"x": [1, {{y}}]}`)
	}
	o := jsondoc.Options{Mustache: true}
	f.Fuzz(func(t *testing.T, doc, key, raw string) {
		if _, faults := jsondoc.ParseTolerant("f", []byte(raw), o); len(faults) > 0 || !utf8.ValidString(key) {
			return
		}
		root, before := jsondoc.ParseTolerant("f", []byte(doc), o)
		got, err := jsondoc.Apply("f", []byte(doc), o, jsondoc.SetValue(raw, key))
		if err != nil {
			if got != nil {
				t.Fatalf("half an edit: %q", got)
			}
			for _, fault := range before {
				if fault.Kind != jsondoc.DuplicateKey {
					return
				}
			}
			if root.Kind == jsondoc.Object || diag.PosOf(err).IsZero() {
				t.Fatalf("%q at %q = %q: %v", doc, key, raw, err)
			}
			return
		}
		after, faults := jsondoc.ParseTolerant("f", got, o)
		if len(faults) > len(before) {
			t.Fatalf("%q became %q: %v", doc, got, faults)
		}
		if after.Get(key) == nil {
			t.Fatalf("%q became %q, without %q", doc, got, key)
		}
		again, err := jsondoc.Apply("f", got, o, jsondoc.SetValue(raw, key))
		if err != nil || string(again) != string(got) {
			t.Fatalf("a second run: %q, %v", again, err)
		}
	})
}
