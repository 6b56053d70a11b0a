package rules

import "testing"

// The verdicts are Python's own: what is named here fails whenever it is run.
func TestUnboundNames(t *testing.T) {
	for body, want := range map[string]string{
		"x = x.y()":                                "x",
		"x += 1":                                   "x",
		"print(x)\n    if a:\n        x = 1":       "x",
		"y = [\n  x,\n]; x = 2":                    "x",
		"if x == 1:\n        pass\n    x = 2":      "x",
		"x = 1\n    x = x + 1":                     "",
		"a = a + 1":                                "",
		"global x\n    x = x + 1":                  "",
		"for i in y:\n        x(i)\n        x = i": "",
		"try:\n        x\n    except Exception:\n        x = 1": "",
		"import x\n    x = x.y":                                 "",
		"with open(a) as x:\n        x = x.read()":              "",
		"f = lambda x: x\n    x = 1":                            "",
		"l = [x for x in a]\n    x = 1":                         "",
		"f(x=1)\n    x = 2":                                     "",
		"b.x()\n    x = 2":                                      "",
		"s = 'x' + \"x\" + '''x\nx'''  # x\n    x = 2":          "",
		"x: int\n    x = 2":                                     "",
		"def g():\n        return x\n    x = 2":                 "",
		"n, (u, x) = a\n    x = 2":                              "",
		"m = a\n    m[x] = 2":                                   "",
		"if a: x = 1\n    x = x + 1":                            "",
		"print(locals(), x)\n    x = 1":                         "",
		"y = \"\"\"not ended\n    x = x":                        "",
	} {
		got := ""
		for _, u := range unboundNames("def f(a):\n    " + body + "\n") {
			got += u.name
		}
		if got != want {
			t.Errorf("%q: found %q, want %q", body, got, want)
		}
	}
}

func FuzzUnboundNames(f *testing.F) {
	f.Add("def f(a):\n\tx = [\n x]; x += 1 # y\n")
	f.Add("async def f():\n  \\\n '''\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, u := range unboundNames(text) {
			if u.offset < 0 || u.line < u.offset && text[u.offset:u.offset+len(u.name)] != u.name {
				t.Errorf("%+v", u)
			}
		}
	})
}
