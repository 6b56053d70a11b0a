package validate

import (
	"cmp"
	"slices"
	"strings"
)

// Finding is one thing that is wrong. Its JSON form is what
// `appimg lint --format json` prints.
type Finding struct {
	Rule       string     `json:"rule"`
	Severity   Severity   `json:"severity"`
	Confidence Confidence `json:"confidence"`
	Role       string     `json:"role"`           // the role it is about; "" where it is about none, or the only one has no name
	Root       string     `json:"root,omitempty"` // the PATH that File is relative to; "" for the folder that lint was started in
	File       string     `json:"file"`           // relative to the folder that was linted, with slashes
	Line       int        `json:"line"`           // from 1; 0: the file as a whole
	Col        int        `json:"col"`            // from 1, in Unicode code points; 0: the line as a whole
	EndLine    int        `json:"endLine"`        // the place behind the last character; 0: unknown
	EndCol     int        `json:"endCol"`
	Message    string     `json:"message"`
	Path       string     `json:"path"`           // the path on the node that it is about, if any
	Kind       string     `json:"kind"`           // what lies there: data, log, session, upload, state, backup
	Mounts     []string   `json:"mounts"`         // where the role's volumes are mounted, if that matters
	Origin     *Origin    `json:"origin"`         // what put it there, where that is another file
	Fix        string     `json:"fix"`            // the change that would mend it, in words
	Also       []Place    `json:"also,omitempty"` // further places that the same change mends, in order

	// Repair mends it, where there is one right answer; nil where there is not.
	Repair *Repair `json:"-"`

	file     string     // the file on disk
	together *together  // nil: it is told alone
	others   []*Finding // that it speaks for
}

// Origin is a place that a finding comes from, beside the place it is at.
type Origin struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Place is a further place of a finding, as File and what follows it give the first.
type Place struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Col     int    `json:"col"`
	EndLine int    `json:"endLine"`
	EndCol  int    `json:"endCol"`
}

// sortFindings orders by file, line, column, rule, role and message, and drops
// those that say the same at the same place.
func sortFindings(list []*Finding) []*Finding {
	slices.SortStableFunc(list, compareFindings)
	return slices.CompactFunc(list, func(a, b *Finding) bool { return compareFindings(a, b) == 0 })
}

func compareFindings(a, b *Finding) int {
	return cmp.Or(
		strings.Compare(a.Root, b.Root),
		strings.Compare(a.File, b.File),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Col, b.Col),
		strings.Compare(a.Rule, b.Rule),
		strings.Compare(a.Role, b.Role),
		strings.Compare(a.Path, b.Path),
		strings.Compare(a.Message, b.Message),
	)
}
