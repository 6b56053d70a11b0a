package validate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// unchecked is a file or folder that no rule has seen, or none has seen whole.
type unchecked struct {
	file, why, fix string
	severity       Severity
}

// mostUnchecked is how many of a severity are told one by one.
const mostUnchecked = 10

// LeaveOut notes that rules did not look at a file, and why: a finding of
// not-checked says so.
func (p *Package) LeaveOut(file, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leaveOut(file, format, args...)
}

func (p *Package) leaveOut(file, format string, args ...any) {
	p.leftOut[file] = unchecked{file: file, why: "this file was not checked: " + fmt.Sprintf(format, args...), severity: Info,
		fix: "look through it yourself; what is data, or made by a program, is better kept out of the project"}
}

// checkExtent reports what no rule has seen: without it a check that was cut
// short would pass for a clean one.
func (r *run) checkExtent() {
	all := r.p.unchecked()
	if beside := r.p.Beside(); beside != nil {
		all = append(all, beside.unchecked()...)
	}
	slices.SortStableFunc(all, func(a, b unchecked) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), strings.Compare(a.file, b.file))
	})
	all = slices.CompactFunc(all, func(a, b unchecked) bool { return a.file == b.file })
	rep := (&Reporter{root: r.dir}).as(NotCheckedID, Error)
	told := map[Severity]int{}
	for i, u := range all {
		switch told[u.severity]++; {
		case told[u.severity] <= mostUnchecked:
			rep.At(diag.Pos{File: u.file}, "%s", u.why).As(u.severity).Fix = u.fix
		case told[u.severity] == mostUnchecked+1:
			more := slices.IndexFunc(all[i:], func(other unchecked) bool { return other.severity != u.severity })
			if more < 0 {
				more = len(all) - i
			}
			rep.At(diag.Pos{File: u.file}, "%s (%d like it, from here on)", u.why, more).As(u.severity).Fix = u.fix
		}
	}
	r.found = append(r.found, rep.findings...)
}

// unchecked is what rules did not see of the package's own files.
func (p *Package) unchecked() []unchecked {
	var out []unchecked
	t := p.tree()
	if t.beyond != "" {
		out = append(out, unchecked{t.beyond, fmt.Sprintf("the project has more than %d files: this one, and what comes behind it, was not checked", maxFiles),
			"keep data and sources of others out of the project", Error})
	}
	for _, dir := range t.deep {
		out = append(out, unchecked{dir, fmt.Sprintf("what is in this folder was not checked: it lies more than %d folders deep", maxDepth), "", Error})
	}
	for _, c := range t.closed {
		out = append(out, unchecked{c.dir, fmt.Sprintf("what is in this folder was not checked: %v", c.err), "", Warning})
	}
	for _, m := range p.App.Missed {
		u := unchecked{file: m.Path, why: m.Why, severity: Warning}
		if m.Cut {
			u.severity = Error
		}
		out = append(out, u)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.AppendSeq(out, maps.Values(p.leftOut))
}

// mebibytes is a size for people, rounded up: it is told beside a bound that it is over.
func mebibytes(n int64) string { return fmt.Sprintf("%g MiB", math.Ceil(float64(n)*10/(1<<20))/10) }
