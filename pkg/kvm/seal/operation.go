package seal

import (
	"fmt"
	"slices"

	"github.com/appimg/appimg/pkg/diag"
)

// Operation is one kind of trace. It is data: the same rules say what a plan
// lists, what Run removes, and what Verify looks for.
type Operation struct {
	Name string
	// Doc says what goes, and where that is not plain why.
	Doc string
	// Rules are done in their order.
	Rules []Rule
	// Last says that without it nobody can connect any more.
	Last bool
}

// Rule is how the files that a pattern names are treated.
type Rule struct {
	How How
	// Pattern is a glob of an absolute path; one that begins with "~/" stands
	// for every user's home.
	Pattern string
	// Arg is what How needs besides: a regular expression for Lines, names to
	// keep for Empty.
	Arg string
}

// How is what is done with a file. What is not on the system disk is left
// alone, always.
type How string

// The ways in which traces go.
const (
	Remove   How = "remove"   // files and links
	Empty    How = "empty"    // everything in a folder, with its sub-folders; sockets stay
	Files    How = "files"    // the files in a folder and its sub-folders, which stay
	Truncate How = "truncate" // the content; the file stays, for a service that has it open
	Logs     How = "logs"     // like Truncate for a whole folder; rotated ones are removed
	Records  How = "records"  // like Truncate, for login records
	Lines    How = "lines"    // the lines that match
	// The following are procedures of their own.
	Journal   How = "journal"
	MachineID How = "machine-id"
	Seed      How = "random-seed"
	Agent     How = "agent"
	HostKeys  How = "host-keys"
)

// removes makes a Remove rule of every pattern.
func removes(patterns ...string) []Rule { return rules(Remove, patterns...) }

func rules(how How, patterns ...string) []Rule {
	out := make([]Rule, len(patterns))
	for i, p := range patterns {
		out[i] = Rule{How: how, Pattern: p}
	}
	return out
}

// UnknownError names an operation that does not exist.
type UnknownError struct{ Name string }

// Error quotes the name.
func (e *UnknownError) Error() string { return fmt.Sprintf("no operation is called %q", e.Name) }

// Names are the operations' names, in their order.
func Names() []string {
	var out []string
	for _, op := range Operations() {
		out = append(out, op.Name)
	}
	return out
}

// Select is the operations that only names (nil: all), less those of skip, in
// the order of Operations. A name that does not exist is an *UnknownError.
func Select(only, skip []string) ([]Operation, error) {
	known := Names()
	for _, name := range slices.Concat(only, skip) {
		if !slices.Contains(known, name) {
			return nil, diag.DidYouMean(&UnknownError{name}, name, known, "--list shows them")
		}
	}
	var out []Operation
	for _, op := range Operations() {
		if (len(only) == 0 || slices.Contains(only, op.Name)) && !slices.Contains(skip, op.Name) {
			out = append(out, op)
		}
	}
	return out, nil
}
