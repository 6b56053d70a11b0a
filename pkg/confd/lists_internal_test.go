package confd

import (
	"strconv"
	"testing"
)

// Patterns are remembered, but a template that makes ever new ones fills no memory.
func TestPatternsAreRemembered(t *testing.T) {
	var e env
	first, err := e.pattern("^a$")
	if err != nil || !first.MatchString("a") || first.MatchString("b") {
		t.Fatal(first, err)
	}
	if again, _ := e.pattern("^a$"); again != first {
		t.Error("compiled once more")
	}
	if _, err := e.pattern("("); err == nil {
		t.Error("( is a pattern")
	}
	for i := range 3 * maxPatterns {
		if re, err := e.pattern(strconv.Itoa(i)); err != nil || re.String() != strconv.Itoa(i) {
			t.Error(re, err)
		}
	}
	if len(e.patterns) > maxPatterns {
		t.Errorf("%d patterns are remembered", len(e.patterns))
	}
}
