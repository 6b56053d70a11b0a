package rules

import (
	"context"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// hereFault is what is wrong with a file that a rendered script writes by a
// here-document.
type hereFault struct {
	path, why string
	pos       func() diag.Pos
}

// hereFaults are those of a rendered script: of files that it writes once and
// as a whole, with nothing in them that the shell expands.
func hereFaults(p *validate.Package, o *validate.Output) []hereFault {
	if o.Err != nil || !strings.Contains(o.Content, "<<") || !isShell(o.Pair.Resource.Dest, o.Content) {
		return nil
	}
	file, _ := p.Shell(o.Content)
	events := eventsOf(p, &script{text: o.Content, file: file})
	times := map[string]int{}
	for _, e := range events {
		if e.Op == shell.Content || e.Op == shell.Append {
			times[e.Path]++
		}
	}
	var out []hereFault
	for _, e := range events {
		if e.Op != shell.Content || !e.Whole || times[e.Path] > 1 || !path.IsAbs(e.Path) || strings.ContainsAny(e.Path, "$*?") || strings.ContainsAny(e.Text, "$`\\") {
			continue
		}
		text := withoutTabs(e.Text) // <<- takes them away
		line, why := outputFault(e.Path, text)
		if why == "" {
			continue
		}
		at := e.TextAt + lineAt(e.Text, line)
		out = append(out, hereFault{e.Path, why, func() diag.Pos { return o.OriginAt(at) }})
	}
	return out
}

// withoutTabs takes the tabs from the beginnings of lines.
func withoutTabs(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(strings.TrimLeft(line, "\t"))
	}
	return out.String()
}

// lineAt is the offset of the first sign of line n (from 1) that is no blank.
func lineAt(text string, n int) int {
	offset := 0
	for line := range strings.Lines(text) {
		if n--; n < 1 {
			return offset + len(line) - len(strings.TrimLeft(line, " \t"))
		}
		offset += len(line)
	}
	return 0
}

// reportWritten reports the here-documents of rendered scripts that are not what
// their files' names say.
func reportWritten(ctx context.Context, p *validate.Package, r *validate.Reporter) {
	type place struct {
		pair *validate.Pair
		path string
	}
	seen := map[place]bool{}
	for _, o := range distinct(p) {
		for _, fault := range hereFaults(p, o.Output) {
			id := place{o.Pair, fault.path}
			valid := func(other *validate.Output) bool {
				for _, f := range hereFaults(p, other) {
					if f.path == fault.path {
						return false
					}
				}
				return other.Err == nil
			}
			wrong := func(other *validate.Output) bool { return other.Err == nil && !valid(other) }
			if seen[id] || elsewhere(p, o.on, o.Output, valid) || !givenStays(ctx, p, o, wrong) {
				continue
			}
			seen[id] = true
			f := r.At(fault.pos(), "%s, which %s writes, is %s on node %s %s: %s", fault.path, o.Pair.Resource.Dest,
				notValid(formatOf(fault.path)), o.Node.Name(), describe(o.on.Scenario), fault.why)
			f.In(oneRole(p, o.Pair)).Path = fault.path
		}
	}
}
