// Command testlog reads what go test -json prints and tells it briefly: a line
// for each package, all that a failed test said, why others were skipped, and
// a closing count. Up to three tests that failed are run once more, alone.
//
//	go test -json ./... | go run ./hack/testlog
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// event is a line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

type testID struct{ pkg, test string }

// log is what has been read so far.
type log struct {
	said    map[testID][]string
	skipped []string
	failed  []testID
	broken  map[string]bool // packages that panicked or ran out of time
	count   map[string]int  // of tests, by outcome
}

func newLog() *log {
	return &log{said: map[testID][]string{}, broken: map[string]bool{}, count: map[string]int{}}
}

func main() {
	l := newLog()
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // a build error, or what go itself says
			continue
		}
		l.take(e)
	}
	if l.close() && !l.unsteady() {
		os.Exit(1)
	}
}

func (l *log) take(e event) {
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Print(e.Output)
	case "output":
		if strings.HasPrefix(e.Output, "panic: ") || strings.Contains(e.Output, "DATA RACE") {
			l.broken[e.Package] = true
		}
		l.said[id] = append(l.said[id], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			l.packageEnds(e)
			return
		}
		l.count[e.Action]++
		if e.Action == "fail" {
			l.failed = append(l.failed, id)
		}
		if e.Action == "skip" {
			l.skipped = append(l.skipped, fmt.Sprintf("%s %s: %s", short(e.Package), e.Test, reason(l.said[id])))
		}
		if e.Action != "fail" {
			delete(l.said, id)
		}
	}
}

func (l *log) packageEnds(e event) {
	id := testID{e.Package, ""}
	switch e.Action {
	case "pass":
		fmt.Printf("ok    %-40s %6.1fs\n", short(e.Package), e.Elapsed)
		delete(l.said, id)
	case "fail":
		fmt.Printf("FAIL  %-40s %6.1fs\n", short(e.Package), e.Elapsed)
		l.failed = append(l.failed, id)
	}
}

// close tells what failed and what was skipped, and reports whether anything failed.
func (l *log) close() bool {
	for _, id := range l.failed {
		fmt.Printf("\n--- %s %s\n", short(id.pkg), id.test)
		for _, line := range l.said[id] {
			if !strings.HasPrefix(strings.TrimSpace(line), "=== ") {
				fmt.Print(line)
			}
		}
	}
	if len(l.skipped) > 0 {
		fmt.Printf("\nskipped:\n  %s\n", strings.Join(l.skipped, "\n  "))
	}
	fmt.Printf("\n%d passed, %d failed, %d skipped\n", l.count["pass"], l.count["fail"], l.count["skip"])
	return len(l.failed) > 0
}

// reason is what a test said when it was skipped.
func reason(said []string) string {
	for _, line := range said {
		if _, why, ok := strings.Cut(line, "_test.go:"); ok {
			_, why, _ = strings.Cut(why, ": ")
			return strings.TrimSpace(why)
		}
		if _, why, ok := strings.Cut(line, "testneed.go:"); ok {
			_, why, _ = strings.Cut(why, ": ")
			return strings.TrimSpace(why)
		}
	}
	return "no reason given"
}

func short(pkg string) string { return strings.TrimPrefix(pkg, "github.com/appimg/appimg/") }
