package main

import (
	"fmt"
	"os/exec"
	"strings"
)

// mostAgain bounds how many tests are run a second time: where more than these
// fail, it is not the machine that was busy.
const mostAgain = 3

// unsteady runs what failed once more, each test by itself now that the machine
// is calm, and reports whether all of it passes: tests on real machines, lines
// and clocks share two cores with everything else. Such a test is named, with
// all that it said, and is to be mended; one that fails twice fails the run.
func (l *log) unsteady() bool {
	tests := l.toRunAgain()
	if len(tests) == 0 || len(tests) > mostAgain {
		return false
	}
	fmt.Println("\nfailed once, run again alone:")
	steady := true
	for _, id := range tests {
		out, err := exec.Command("go", "test", "-count=1", "-timeout=10m", "-run=^"+id.test+"$", id.pkg).CombinedOutput()
		if err != nil {
			steady = false
			fmt.Printf("  %s %s: failed again\n%s", short(id.pkg), id.test, out)
			continue
		}
		fmt.Printf("  %s %s: passed: unsteady, to be mended\n", short(id.pkg), id.test)
	}
	return steady
}

// toRunAgain are the tests that failed, without their subtests; none when a
// package failed by itself (it does not build, panicked or took too long).
func (l *log) toRunAgain() []testID {
	var tests []testID
	within := map[string]bool{}
	for _, id := range l.failed {
		if id.test != "" && !strings.Contains(id.test, "/") {
			tests = append(tests, id)
			within[id.pkg] = true
		}
	}
	for _, id := range l.failed {
		if !within[id.pkg] || l.broken[id.pkg] {
			return nil
		}
	}
	return tests
}
