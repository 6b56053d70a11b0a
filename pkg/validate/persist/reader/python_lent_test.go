package reader

import (
	"strings"
	"testing"
)

const lending = `#!/usr/bin/env python
"""A module,
def not_one(): it is text
"""
import os
from names import (ONE as first,
    TWO)

ROOT = "/data"
STORE = os.path.join(ROOT,
    "store")
LOG = open("/data/log", "a")
TABLE = {
    "a": (1, 2),  # )
}

@keep
def kept():
    pass

def keep(f):
    return f

def begin():
    # a comment

    return STORE \
        + "x"
else_is_a_name = 1
if ROOT:
    pass
else:
    other()

class Store(object):
    def begin_it(self):
        begin()

if __name__ == "__main__":
    begin()
`

func TestPythonLent(t *testing.T) {
	for _, c := range []struct{ uses, has, hasNot string }{
		{"", "open( import kept keep(f) ROOT other()", "STORE TABLE begin class __name__ else_is_a_name"},
		{"begin", "begin STORE ROOT", "TABLE class __name__"},
		{"Store", "begin_it begin() STORE", "TABLE __name__"},
		{"TABLE else_is_a_name", `"a": else_is_a_name`, "STORE class"},
	} {
		uses := map[string]bool{}
		for _, name := range strings.Fields(c.uses) {
			uses[name] = true
		}
		got := PythonLent(lending, uses)
		if len(got) != len(lending) || strings.Count(got, "\n") != strings.Count(lending, "\n") {
			t.Errorf("%q: what is left does not stand where it did", c.uses)
		}
		for _, word := range strings.Fields(c.has) {
			if !strings.Contains(got, word) {
				t.Errorf("%q: no %s in\n%s", c.uses, word, got)
			}
		}
		for _, word := range strings.Fields(c.hasNot) {
			if strings.Contains(got, word) {
				t.Errorf("%q: %s in\n%s", c.uses, word, got)
			}
		}
	}
}

func TestPythonNames(t *testing.T) {
	names, uses := PythonNames(lending), PythonUses(lending)
	for _, name := range []string{"ONE", "TWO", "first", "os", "ROOT", "STORE", "TABLE", "keep", "begin", "Store", "else_is_a_name"} {
		if !names[name] {
			t.Errorf("no name %s", name)
		}
	}
	if names["begin_it"] || names["LOG"] || uses["TWO"] || !uses["ONE"] || !uses["STORE"] {
		t.Errorf("names %v, uses %v", names, uses)
	}
}
