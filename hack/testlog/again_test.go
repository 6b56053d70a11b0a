package main

import (
	"reflect"
	"testing"
)

func TestToRunAgain(t *testing.T) {
	fail := func(pkg, test string) event { return event{Action: "fail", Package: pkg, Test: test} }
	for name, c := range map[string]struct {
		events []event
		want   []testID
	}{
		"a test and its subtest": {[]event{fail("p", "TestA/x"), fail("p", "TestA"), fail("p", "")}, []testID{{"p", "TestA"}}},
		"two packages":           {[]event{fail("p", "TestA"), fail("p", ""), fail("q", "TestB"), fail("q", "")}, []testID{{"p", "TestA"}, {"q", "TestB"}}},
		"one does not build":     {[]event{fail("p", "TestA"), fail("p", ""), fail("q", "")}, nil},
		"a panic":                {[]event{{Action: "output", Package: "p", Test: "TestA", Output: "panic: x\n"}, fail("p", "TestA"), fail("p", "")}, nil},
		"nothing":                {[]event{{Action: "pass", Package: "p", Test: "TestA"}}, nil},
	} {
		l := newLog()
		for _, e := range c.events {
			l.take(e)
		}
		if got := l.toRunAgain(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
