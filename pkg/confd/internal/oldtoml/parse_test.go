package oldtoml_test

import (
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/confd/internal/oldtoml"
)

func TestStrings(t *testing.T) {
	for text, want := range map[string]string{
		`x = "a\tb\n\"\\\u00e9\U0001F600"`:     "a\tb\n\"\\é😀",
		`x = 'a\tb'`:                           `a\tb`,
		`x = ""`:                               "",
		`x = ''`:                               "",
		"x = '''\na\n'b'''":                    "a\n'b",
		"x = \"\"\"\na\\n\n b\"\"\"":           "a\n\n b",
		"x = \"\"\"a\\\n\t\n  b\"\"\"":         "ab",
		"x = \"\"\"a\\\\\nb\"\"\"":             "a\b", // of two backslashes at a line's end the second is taken
		"x = \"\"\"\r\na\"\"\"":                "\r\na",
		"x = \"\"\"a\\\"\"\"\" # and on":       `a"`,
		"x = \"a\xffb\"":                       "a\ufffdb",
		"x = 'a\xffb'":                         "a\xffb",
		`"x"="a"`:                              "a",
		"'x' \t= 'a'\r":                        "a",
		"# c\n\n  x='a'#c":                     "a",
		"x = \"a\x00b\"":                       "a\x00b",
		"x='a'\x00y='b'":                       "a", // a NUL ends a line
		"x = '" + strings.Repeat("é", 9) + "'": strings.Repeat("é", 9),
	} {
		root, err := oldtoml.Parse("f", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if e := root.Get("x"); e == nil || e.Value.Kind != oldtoml.String || e.Value.Text != want {
			t.Errorf("%q: got %+v, want %q", text, e, want)
		}
	}
}

func TestValues(t *testing.T) {
	root, err := oldtoml.Parse("f", []byte("i = -07\nf = -1.50\nt = true\nn = false\nd = 1979-05-27T07:32:00Z\na = [ [1,\n2], # c\n [],]\n[[l]]\nx = 1\n[[l]]\n[l.sub]\n[q.\"a.b\".c]\n[q]\nz = 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]oldtoml.Kind{
		"i": oldtoml.Integer, "f": oldtoml.Float, "t": oldtoml.Bool, "n": oldtoml.Bool, "d": oldtoml.Datetime,
		"a": oldtoml.Array, "l": oldtoml.TableArray, "q": oldtoml.TableKind,
	} {
		if e := root.Get(key); e == nil || e.Value.Kind != want {
			t.Errorf("%s: got %+v, want %s", key, e, want)
		}
	}
	if v := root.Get("i").Value; v.Int != -7 {
		t.Errorf("i = %d", v.Int)
	}
	if v := root.Get("a").Value; len(v.Items) != 2 || len(v.Items[0].Items) != 2 || v.Items[0].Items[1].Int != 2 {
		t.Errorf("a = %+v", v)
	}
	if v := root.Get("l").Value; len(v.Items) != 2 || v.Items[1].Table.Get("sub") == nil || v.Items[0].Table.Get("x") == nil {
		t.Errorf("l = %+v", v)
	}
	if q := root.Get("q").Value.Table; q.Get("z") == nil || q.Get("a.b").Value.Table.Get("c") == nil {
		t.Errorf("q = %+v", q)
	}
}

func TestFaults(t *testing.T) {
	for text, want := range map[string]string{
		"[template\n":                           "f:1:10: a name without quotes cannot contain '\\n'",
		"a.b = 1":                               "f:1:2: a name without quotes cannot contain '.'",
		"\ufeff[a]":                             "f:1:1: a name without quotes cannot contain '\\ufeff'",
		"é = 1":                                 "f:1:1: a name without",
		"x = {}":                                "f:1:5: an inline table",
		"x = abc":                               "f:1:5: expected a value, found 'a'",
		"x =":                                   "f:1:4: expected a value",
		"x 1":                                   "f:1:3: expected = after the key",
		"= 1":                                   "f:1:1: a value without a key",
		"x = 1 y = 2":                           "f:1:7: expected the end of the line",
		"\n\nx = \"日本\n":                        "f:3:8: the string that starts at column 5",
		"x = \"a\\":                             "f:1:7: a backslash",
		"x = '''\n\n":                           "f:1:5: a string that does not end",
		`x = "\/"`:                              "f:1:6: an escape",
		`x = "\u12"`:                            "f:1:6: an escape",
		`x = "\ud800"`:                          "f:1:6: an escape",
		"x = \"\"\"a\\\r\nb\"\"\"":              "f:1:9: an escape",
		"x = 1.":                                "f:1:7: expected a digit after the point",
		"x = .5":                                "f:1:5: expected a value",
		"x = +1":                                "f:1:5: expected a value",
		"x = 1_000":                             "f:1:6: expected the end of the line",
		"x = 1e5":                               "f:1:6: expected the end of the line",
		"x = 99999999999999999999":              "f:1:5: 99999999999999999999 is out of range",
		"x = 1979-05-27":                        "f:1:5: a date",
		"x = 1979-13-27T07:32:00Z":              "f:1:5: a date",
		"x = tru":                               "f:1:5: expected true",
		"x = [1, 'a']":                          "f:1:9: the values of an array must be of one type, not integer and string",
		"x = [1 2]":                             "f:1:8: expected , or ]",
		"x = [,]":                               "f:1:6: expected a value",
		"x = [1,,2]":                            "f:1:8: expected a value",
		"x = [1":                                "f:1:7: expected , or ]",
		"x = 1\nx = 2":                          "f:2:1: \"x\" is defined already, at line 1",
		"[a]\n[a]":                              "f:2:1: \"a\" is defined already, at line 1",
		"[a]\n[[a]]":                            "f:2:1: \"a\" is defined already and is no array of tables",
		"a = 1\n[a.b]":                          "f:2:1: \"a\" is a value already",
		"[a.b]\n[a]\n[a]":                       "f:3:1: \"a\" is defined already",
		"[]":                                    "f:1:2: an empty table name",
		"[a.]":                                  "f:1:4: an empty table name",
		"[ a ]":                                 "f:1:2: a name without",
		"['a'x]":                                "f:1:5: expected . or ]",
		"[\"a\" . b]":                           "f:1:7: a name without",
		"[[a] ]":                                "f:1:5: expected ]]",
		"\x00":                                  "f:1:1: a NUL byte",
		strings.Repeat("[", 9):                  "f:1:3: a name",
		"x = " + strings.Repeat("[", 2000):      "nest too deep",
		"[" + strings.Repeat("a.", 2000) + "a]": "nest too deep",
	} {
		_, err := oldtoml.Parse("f", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("[template]\nsrc = \"a\"\nkeys = ['/', \"\"\"b\"\"\"]\n[[x.y]]\nd = 1979-05-27T07:32:00Z\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := oldtoml.Parse("f", data)
		if (root == nil) == (err == nil) {
			t.Errorf("got %v, %v", root, err)
		}
	})
}
