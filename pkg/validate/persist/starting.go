package persist

import (
	"path"
	"regexp"
	"slices"
	"strings"

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
	world := a.j.world(d, r)
	if early := a.early(r); len(world.Vars) == 0 {
		world.Vars = early
	} else {
		world.Vars = merged(early, world.Vars)
	}
	events := a.j.walkIn(file, d.text, world)
	told := a.j.args[d.file]
	untold := len(told) > 0 && told[r] == nil // others tell it what to start
	var out []string
	for _, e := range events {
		switch {
		case e.Op == shell.Start:
			a.duties.add(e.Name, r, e.Weak || untold)
			a.duties.busy[r] = a.duties.busy[r] || !strings.HasPrefix(e.Command, e.Name) || a.j.table.IsDaemon(e.Name) // a manager was told to
			out = append(out, e.Name)
		case e.Op == shell.Script && !strings.HasPrefix(e.Name, "python"):
			out = append(out, a.startedBy(d.part(d.node, e.Text, e.TextAt, reader.Shell), r, depth+1)...)
		}
	}
	return out
}

// early are the variables that files set which confd renders for a role, before it is
// known whose the other files are.
func (a *attribution) early(r *role) map[string][]shell.Value {
	if a.vars[r] == nil {
		a.vars[r] = map[string][]shell.Value{}
		for _, d := range a.j.docs {
			if d.role != r || d.command || d.format != reader.Shell && d.format != reader.Lines {
				continue
			}
			for _, m := range assignment.FindAllStringSubmatch(d.text, 200) {
				if value := strings.Trim(m[2], `"'`); value != "" && a.vars[r][m[1]] == nil {
					a.vars[r][m[1]] = []shell.Value{{Text: value}}
				}
			}
		}
	}
	return a.vars[r]
}

// assignment matches a line that sets a variable to plain words.
var assignment = regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=("[\w.\-/ ]*"|'[\w.\-/ ]*'|[\w.\-/]*)[ \t]*\r?$`)

// filledFor is a text with the words in the place of variables that tell one role from
// another: bin/$ROLE.sh is bin/broker.sh.
func (a *attribution) filledFor(text string, r *role) string {
	if !strings.Contains(text, "$") {
		return text
	}
	return variable.ReplaceAllStringFunc(text, func(use string) string {
		name := strings.Trim(use, "${}")
		if v := a.early(r)[name]; v != nil && plainWord.MatchString(v[0].Text) {
			return v[0].Text
		}
		if aboutRoles.MatchString("$" + name) {
			return r.Name
		}
		return use
	})
}

// variable matches the use of a variable.
var variable = regexp.MustCompile(`\$\w+|\$\{\w+\}`)

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
