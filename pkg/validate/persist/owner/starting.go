package owner

import (
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// startedIn notes what a text starts for a role, and gives the names.
func (a *Attribution) startedIn(d *doc.Doc, r *doc.Role) []string {
	var out []string
	switch d.Format {
	case reader.Shell:
		out = append(a.startedBy(d, r, 0, false), a.toldToStart(d, r)...)
		if d.Command {
			out = append(out, a.startedOnWindows(d, r)...)
		}
	case reader.PowerShell:
		out = a.startedOnWindows(d, r)
	case reader.Python:
		own := d.For(r, a.Roles)
		for _, c := range reader.PythonCommands(own.Node, own.Text, nil) {
			out = append(out, a.startedBy(own.Part("command.sh", c.Path, c.Offset, reader.Shell), r, 1, false)...)
		}
	case reader.Unit:
		starts, sure := a.Duties.starts(Serves(d)[0], r)
		if sure = sure || strings.Contains(path.Base(d.Node), "@."); !starts && !sure {
			return nil // it is named, as the user of files may be
		}
		for _, l := range reader.UnitLines(d.Text) {
			switch {
			case strings.HasPrefix(l.Key, "ExecStart"):
				command := strings.TrimLeft(l.Value, "-@+!:")
				out = append(out, a.startedBy(d.Part(d.Node, command, l.Offset+len(l.Value)-len(command), reader.Shell), r, 0, !sure)...)
			case l.Key == "Wants" || l.Key == "Requires" || l.Key == "BindsTo" || l.Key == "Upholds" || l.Key == "Unit":
				for _, name := range strings.Fields(l.Value) {
					if !ofSystem(name) {
						a.Duties.add(name, r, !sure)
						out = append(out, name)
					}
				}
			}
		}
	}
	return out
}

// toldToStart notes the daemons that a role's start hands to a script, or that the script is
// called after, and gives them: node.sh start namenode, start-mongod.sh. What the script makes
// of the words may not be seen.
func (a *Attribution) toldToStart(d *doc.Doc, r *doc.Role) []string {
	if !d.Command || d.Service != "start" {
		return nil
	}
	var out []string
	note := func(name string, weak bool) {
		a.Duties.add(name, r, weak)
		a.Duties.Busy[r] = true
		out = append(out, name)
	}
	for _, call := range callsIn(d.Text) {
		for _, name := range a.calledToStart(call[0]) {
			note(name, true)
		}
		starts := strings.Contains(path.Base(call[0]), "start")
		for _, arg := range call[1:] {
			if starts && a.Table.IsDaemon(arg) {
				note(arg, false)
			}
			starts = starts || arg == "start" || arg == "restart"
		}
	}
	return out
}

// calledToStart are the products that a script has in its name which starts them:
// start-mongod.sh, kibana_start.
func (a *Attribution) calledToStart(script string) []string {
	words := known.Words(doc.Stem(path.Base(script)))
	if !slices.Contains(words, "start") {
		return nil
	}
	var out []string
	for _, w := range words {
		for _, name := range a.Table.Programs(w) {
			if a.Table.IsProduct(name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// startedBy notes what a script starts for a role; weak: it is not sure that the role runs
// it. Nor is it of a function that nothing calls, unless the role's commands say its name.
func (a *Attribution) startedBy(d *doc.Doc, r *doc.Role, depth int, weak bool) []string {
	file, err := a.Package.Shell(d.Text)
	if err != nil || file == nil || depth > 2 {
		return nil
	}
	a.Duties.reads(d, r)
	events := a.early(d, r)
	told := a.Calls[d.File]
	untold := len(told) > 0 && told[r] == nil // others tell it what to start
	var out []string
	for _, e := range events {
		weak := weak || len(e.Alive) > 0 // it is started anew where it runs
		switch {
		case e.Op == shell.Start:
			for _, name := range a.ofGroup(e.Name) {
				a.Duties.addIn(d, name, r, weak || untold || e.Weak && !a.said[r][e.Within[0]])
				out = append(out, name)
			}
			a.loads(e.Name, e.Text, r)
			if depth == 0 && strings.HasPrefix(e.Name, "supervisor") {
				out = append(out, a.supervised(e.Path, r)...)
			}
			a.Duties.Busy[r] = a.Duties.Busy[r] || !strings.HasPrefix(e.Command, e.Name) || a.Table.IsProgram(e.Name) // a manager was told to
		case e.Op == shell.Script && !strings.HasPrefix(e.Name, "python"):
			out = append(out, a.startedBy(d.Part(d.Node, e.Text, e.TextAt, reader.Shell), r, depth+1, weak)...)
		}
	}
	return out
}

// early is what a script does for a role, as far as that is known before it is known
// whose files are. What later walks find of the same text stands elsewhere.
func (a *Attribution) early(d *doc.Doc, r *doc.Role) []shell.Event {
	vars := maps.Clone(a.variables(r))
	maps.Copy(vars, a.saidBy(d, r))
	return a.WalkWith(d, r, a.companions(d, r), vars)
}

// saidBy are the variables that the files set which a script reads, by what it tells them.
func (a *Attribution) saidBy(d *doc.Doc, r *doc.Role) map[string][]shell.Value {
	var out map[string][]shell.Value
	for _, base := range doc.Sources(d.Text) {
		for _, lib := range a.ByBase[base] {
			if lib == d || a.Calls[lib.File][r] == nil {
				continue
			}
			events, _ := a.Walk(lib, r)
			for _, e := range events {
				if e.Op == shell.Assign && doc.IsPlain(e.Path) {
					if out == nil {
						out = map[string][]shell.Value{}
					}
					out[e.Name] = append(out[e.Name], shell.Value{Text: e.Path})
				}
			}
		}
	}
	return out
}

// variables are those that files set which confd renders for a role, before it is
// known whose the other files are.
func (a *Attribution) variables(r *doc.Role) map[string][]shell.Value {
	if a.vars[r] == nil {
		a.vars[r] = map[string][]shell.Value{}
		for _, d := range a.Docs {
			if d.Role != r || d.Command || d.Format != reader.Shell && d.Format != reader.Lines || a.withheld(d, r) {
				continue
			}
			for name, value := range plainlySet(d.Text, 200) {
				if value != "" && a.vars[r][name] == nil {
					a.vars[r][name] = []shell.Value{{Text: value}}
				}
			}
		}
	}
	return a.vars[r]
}

// companions are the scripts that one reads with `.` together with d, or d itself, on a role's
// nodes: they call each other's functions.
func (a *Attribution) companions(d *doc.Doc, r *doc.Role) []*syntax.File {
	if a.together[r] == nil {
		a.together[r] = map[string][]*doc.Doc{}
		for _, s := range a.Docs {
			if s.Format == reader.Shell && !s.Command && !s.Build {
				a.joined(s, r)
			}
		}
	}
	var out []*syntax.File
	for _, other := range a.together[r][d.File] {
		if file, err := a.Package.Shell(other.Text); err == nil && file != nil && len(out) < shell.MaxLibrary {
			out = append(out, file)
		}
	}
	return out
}

// joined notes which scripts one reads on a role's nodes.
func (a *Attribution) joined(s *doc.Doc, r *doc.Role) {
	group := []*doc.Doc{s}
	for _, name := range doc.Sources(s.Text) {
		for _, other := range a.ByBase[a.filledFor(name, r)] {
			if other.Format == reader.Shell && other.Pair == nil && !doc.IsEnv(other.Node) && !slices.Contains(group, other) {
				group = append(group, other)
			}
		}
	}
	together := a.together[r]
	for _, one := range group[:min(len(group), shell.MaxLibrary)] {
		for _, other := range group {
			if one != other && !slices.Contains(together[one.File], other) {
				together[one.File] = append(together[one.File], other)
			}
		}
	}
}

// assignment matches a line that sets a variable to plain words.
var assignment = lazyregexp.New(`^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=("[\w.\-/:,@ ]*"|'[\w.\-/:,@ ]*'|[\w.\-/:,@]*)[ \t]*\r?\n?$`)

// plainlySet are the variables that lines of a text set to plain words, and these
// without their quotes.
func plainlySet(text string, most int) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for line := range strings.Lines(text) {
			if most == 0 {
				return
			}
			if !strings.Contains(line, "=") {
				continue
			}
			if m := assignment.FindStringSubmatch(line); m != nil {
				if most--; !yield(m[1], strings.Trim(m[2], `"'`)) {
					return
				}
			}
		}
	}
}

// filledFor is a text with the words in the place of variables that tell one role from
// another: bin/$ROLE.sh is bin/broker.sh.
func (a *Attribution) filledFor(text string, r *doc.Role) string {
	if !strings.Contains(text, "$") {
		return text
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, use := used(after)
		switch v := a.variables(r)[name]; {
		case v != nil && doc.IsPlain(v[0].Text):
			out.WriteString(v[0].Text)
		case aboutRoles.MatchString("$" + name):
			out.WriteString(r.Name)
		default:
			out.WriteString("$" + use)
		}
		text = after[len(use):]
	}
}

// used is the name of the variable that is used where a text goes on after $, and the
// whole use: name, or {name}; "" where none is.
func used(text string) (name, use string) {
	inner := strings.TrimPrefix(text, "{")
	n := 0
	for n < len(inner) && doc.OfWord(inner[n]) {
		n++
	}
	switch name = inner[:n]; {
	case n > 0 && len(inner) == len(text):
		return name, name
	case n > 0 && strings.HasPrefix(inner[n:], "}"):
		return name, text[:n+2]
	}
	return "", ""
}

// ofSystem reports whether a unit is one of the system's own.
func ofSystem(name string) bool {
	switch strings.TrimSuffix(name, path.Ext(name)) {
	case "multi-user", "default", "graphical", "network", "network-online", "basic", "sysinit", "timers", "sockets", "local-fs", "remote-fs", "rc-local", "nss-lookup", "time-sync", "syslog", "rsyslog":
		return true
	}
	return false
}

// unitCalls is what of a unit's text makes systemd run or read something.
func unitCalls(text string) string {
	var b strings.Builder
	for _, l := range reader.UnitLines(text) {
		switch l.Key {
		case "After", "Before", "Conflicts", "Description", "Documentation", "WantedBy", "RequiredBy", "PartOf", "Alias", "User", "Group", "Requisite":
		default:
			b.WriteString(l.Value + "\n")
		}
	}
	return b.String()
}
