package persist

import (
	"iter"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// startedIn notes what a text starts for a role, and gives the names.
func (a *attribution) startedIn(d *doc, r *role) []string {
	var out []string
	switch d.format {
	case reader.Shell:
		out = a.startedBy(d, r, 0)
	case reader.Unit:
		if !slices.Contains(a.duties.of(serves(d)[0]), r) && !strings.Contains(path.Base(d.node), "@.") {
			return nil // it is named, as the user of files may be
		}
		for _, l := range reader.UnitLines(d.text) {
			switch {
			case strings.HasPrefix(l.Key, "ExecStart"):
				command := strings.TrimLeft(l.Value, "-@+!:")
				out = append(out, a.startedBy(d.part(d.node, command, l.Offset+len(l.Value)-len(command), reader.Shell), r, 0)...)
			case l.Key == "Wants" || l.Key == "Requires" || l.Key == "BindsTo" || l.Key == "Upholds" || l.Key == "Unit":
				for _, name := range strings.Fields(l.Value) {
					if !ofSystem(name) {
						a.duties.add(name, r, false)
						out = append(out, name)
					}
				}
			}
		}
	}
	return out
}

func (a *attribution) startedBy(d *doc, r *role, depth int) []string {
	file, err := a.j.p.Shell(d.text)
	if err != nil || file == nil || depth > 2 {
		return nil
	}
	events := a.early(d, r, file)
	told := a.j.args[d.file]
	untold := len(told) > 0 && told[r] == nil // others tell it what to start
	var out []string
	for _, e := range events {
		switch {
		case e.Op == shell.Start:
			for _, name := range a.ofGroup(e.Name) {
				a.duties.add(name, r, e.Weak || untold)
				out = append(out, name)
			}
			a.loads(e.Name, e.Text, r)
			if depth == 0 && strings.HasPrefix(e.Name, "supervisor") {
				out = append(out, a.supervised(e.Path, r)...)
			}
			a.duties.busy[r] = a.duties.busy[r] || !strings.HasPrefix(e.Command, e.Name) || a.j.table.IsDaemon(e.Name) // a manager was told to
		case e.Op == shell.Script && !strings.HasPrefix(e.Name, "python"):
			out = append(out, a.startedBy(d.part(d.node, e.Text, e.TextAt, reader.Shell), r, depth+1)...)
		}
	}
	return out
}

// early is what a script does for a role, as far as that is known before it is known
// whose files are. What later walks find of the same text stands elsewhere.
func (a *attribution) early(d *doc, r *role, file *syntax.File) []shell.Event {
	world := a.j.world(d, r)
	world.Library = a.companions(d)
	names := a.j.scriptOf(file, d.text).names
	vars := map[string][]shell.Value{}
	for _, known := range []map[string][]shell.Value{a.variables(r), a.saidBy(d, r)} {
		for name, values := range known {
			if world.Vars[name] == nil && slices.Contains(names, name) {
				vars[name] = values
			}
		}
	}
	if len(vars) == 0 {
		return a.j.walkIn("", file, d.text, world)
	}
	world.Vars = merged(vars, world.Vars)
	return a.j.walkIn("early\x00", file, d.text, world)
}

// saidBy are the variables that the files set which a script reads, by what it tells them.
func (a *attribution) saidBy(d *doc, r *role) map[string][]shell.Value {
	var out map[string][]shell.Value
	for _, base := range sources(d.text) {
		for _, lib := range a.j.byBase[base] {
			if lib == d || a.j.args[lib.file][r] == nil {
				continue
			}
			events, _ := a.j.walk(lib, r)
			for _, e := range events {
				if e.Op == shell.Assign && plainWord.MatchString(e.Path) {
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
func (a *attribution) variables(r *role) map[string][]shell.Value {
	if a.vars[r] == nil {
		a.vars[r] = map[string][]shell.Value{}
		for _, d := range a.j.docs {
			if d.role != r || d.command || d.format != reader.Shell && d.format != reader.Lines {
				continue
			}
			for name, value := range plainlySet(d.text, 200) {
				if value != "" && a.vars[r][name] == nil {
					a.vars[r][name] = []shell.Value{{Text: value}}
				}
			}
		}
	}
	return a.vars[r]
}

// companions are the scripts that one reads with `.` together with d, or d itself, for
// any role: they call each other's functions.
func (a *attribution) companions(d *doc) []*syntax.File {
	if a.together == nil {
		a.together = map[string][]*doc{}
		for _, s := range a.j.docs {
			if s.format == reader.Shell && !s.command && !s.build {
				a.joined(s)
			}
		}
	}
	var out []*syntax.File
	for _, other := range a.together[d.file] {
		if file, err := a.j.p.Shell(other.text); err == nil && file != nil && len(out) < maxLibrary {
			out = append(out, file)
		}
	}
	return out
}

// joined notes which scripts one reads.
func (a *attribution) joined(s *doc) {
	group := []*doc{s}
	for _, name := range sources(s.text) {
		for _, r := range a.j.roles {
			for _, other := range a.j.byBase[a.filledFor(name, r)] {
				if other.format == reader.Shell && other.pair == nil && !isEnv(other.node) && !slices.Contains(group, other) {
					group = append(group, other)
				}
			}
		}
	}
	for _, one := range group[:min(len(group), maxLibrary)] {
		for _, other := range group {
			if one != other && !slices.Contains(a.together[one.file], other) {
				a.together[one.file] = append(a.together[one.file], other)
			}
		}
	}
}

// assignment matches a line that sets a variable to plain words.
var assignment = lazyregexp.New(`^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=("[\w.\-/ ]*"|'[\w.\-/ ]*'|[\w.\-/]*)[ \t]*\r?\n?$`)

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
func (a *attribution) filledFor(text string, r *role) string {
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
		case v != nil && plainWord.MatchString(v[0].Text):
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
	for n < len(inner) && ofWord(inner[n]) {
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
