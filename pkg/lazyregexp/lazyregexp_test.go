package lazyregexp

import (
	"slices"
	"sync"
	"testing"
)

func TestFinds(t *testing.T) {
	word := New(`(\w)\w*`)
	if got := word.FindAllString("one two three", 2); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("FindAllString: %q", got)
	}
	if got := word.FindStringSubmatch(" one"); !slices.Equal(got, []string{"one", "o"}) {
		t.Errorf("FindStringSubmatch: %q", got)
	}
	if got := word.ReplaceAllString("one two", "<$1>"); got != "<o> <t>" {
		t.Errorf("ReplaceAllString: %q", got)
	}
	if got := word.String(); got != `(\w)\w*` {
		t.Errorf("String: %q", got)
	}
}

func TestTestsCompileAtOnce(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a wrong pattern was taken")
		}
	}()
	New(`(`)
}

// Programs compile at first use, which may be in several goroutines at a time.
func TestCompilesOnce(t *testing.T) {
	digits := &Regexp{text: `^\d+$`}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if !digits.MatchString("123") {
				t.Error("digits do not match")
			}
		})
	}
	all.Wait()
}
