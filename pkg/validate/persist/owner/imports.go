package owner

import (
	"maps"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// Programs in Python are started by the name of a module (gunicorn shop.wsgi, celery -A
// shop): what that imports, and the modules that it names in texts, are of the role, too.

// servesPython reports whether a program runs an application that is named as a module.
func servesPython(name string) bool {
	switch name {
	case "gunicorn", "uvicorn", "daphne", "hypercorn", "waitress-serve", "uwsgi", "celery", "huey_consumer", "dramatiq", "rq", "flask":
		return true
	}
	return strings.HasPrefix(name, "python") || strings.HasPrefix(name, "celery")
}

// pyModule matches a word that names a module, and perhaps an object in it.
var pyModule = lazyregexp.New(`^(?:--?[A-Za-z]+=)?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?::\w+(?:\(.*)?)?$`)

// loads notes the modules that a program in Python is started with for a role.
func (a *Attribution) loads(program, args string, r *doc.Role) {
	if !servesPython(program) {
		return
	}
	for _, word := range strings.Fields(args) {
		if m := pyModule.FindStringSubmatch(word); m != nil {
			found := append(a.modules(m[1]), a.modules(m[1]+".celery")...)
			a.loaded[r] = append(a.loaded[r], found...)
			a.Duties.Busy[r] = a.Duties.Busy[r] || len(found) > 0
		}
	}
}

// modules are the files of a module by its whole name; none of a name without a dot that
// has no folder of its own.
func (a *Attribution) modules(name string) []*doc.Doc {
	at := strings.ReplaceAll(name, ".", "/")
	var out []*doc.Doc
	for _, file := range []string{at + ".py", at + "/__init__.py"} {
		for _, d := range a.ByBase[path.Base(file)] {
			if d.Format == reader.Python && (d.Rel == file || strings.HasSuffix(d.Rel, "/"+file)) {
				out = append(out, d)
			}
		}
	}
	return out
}

var (
	pyFrom   = lazyregexp.New(`(?m)^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+\(?([\w, \t]+)`)
	pyPlain  = lazyregexp.New(`(?m)^[ \t]*import[ \t]+([\w.]+)`)
	pyQuoted = lazyregexp.New(`["']([a-z_]\w*(?:\.[a-z_]\w*)+)["']|^[ \t]*["']([a-z_]\w*)["'],?[ \t]*$`)
)

// lend notes which names of the modules that a program in Python imports it uses for a role:
// a library of all roles' programs is each one's only so far. It gives the modules of which
// that is more than was known.
func (a *Attribution) lend(d *doc.Doc, r *doc.Role, seen map[*doc.Doc]bool) []*doc.Doc {
	var out []*doc.Doc
	var uses map[string]bool
	all := reader.PythonTakesAll(d.Text)
	for _, m := range a.importedBy(d) {
		_, inPart := m.Lent[r]
		switch {
		case m.Role != nil && m.Role != r, seen[m] && !inPart:
		case all || a.startedAnyhow()[m]:
			delete(m.Lent, r)
			out = append(out, m)
		default:
			if uses == nil {
				uses = reader.PythonUses(d.Text)
				maps.Copy(uses, d.Lent[r]) // what it imports for those that import it
			}
			if a.lendTo(m, r, uses) {
				out = append(out, m)
			}
		}
	}
	return out
}

// lendTo notes the names of a module among those that a program uses for a role, and reports
// whether that is more than was known.
func (a *Attribution) lendTo(m *doc.Doc, r *doc.Role, uses map[string]bool) bool {
	if m.Lent == nil {
		m.Lent = map[*doc.Role]map[string]bool{}
	}
	known, again := m.Lent[r]
	if !again {
		known = map[string]bool{}
		m.Lent[r] = known
	}
	before := len(known)
	for name := range a.namesFor(m) {
		if uses[name] {
			known[name] = true
		}
	}
	return !again || len(known) > before
}

// namesFor are the names that a module has for those that import it.
func (a *Attribution) namesFor(m *doc.Doc) map[string]bool {
	if a.pyNames[m] == nil {
		a.pyNames[m] = reader.PythonNames(m.Text)
	}
	return a.pyNames[m]
}

// startedAnyhow are the programs that cron, units and supervisord may start, whoever's
// commands reach these.
func (a *Attribution) startedAnyhow() map[*doc.Doc]bool {
	if a.anyhow != nil {
		return a.anyhow
	}
	a.anyhow = map[*doc.Doc]bool{}
	for _, d := range a.Docs {
		var started []*doc.Doc
		switch d.Format {
		case reader.Cron, reader.Unit:
			started = a.named(d)
		case reader.Lines:
			for _, p := range SupervisedBy(d.Text) {
				started = append(started, a.namesIn(p.Command)...)
			}
		}
		for _, s := range started {
			a.anyhow[s] = a.anyhow[s] || s.Format == reader.Python
		}
	}
	return a.anyhow
}

// importedBy are the files of the modules that a program in Python imports.
func (a *Attribution) importedBy(d *doc.Doc) []*doc.Doc {
	var out []*doc.Doc
	for _, m := range pyFrom.FindAllStringSubmatch(d.Text, 100) {
		base := m[2]
		if m[1] != "" { // of its own package
			base = strings.Trim(strings.ReplaceAll(path.Dir(d.Rel), "/", ".")+"."+m[2], ".")
		}
		out = append(out, a.modules(base)...)
		for _, name := range strings.FieldsFunc(m[3], func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
			out = append(out, a.modules(base+"."+name)...)
		}
	}
	for _, m := range pyPlain.FindAllStringSubmatch(d.Text, 100) {
		out = append(out, a.modules(m[1])...)
	}
	return out
}

// loadedBy are the files of the modules that a program in Python names in texts: what loads
// them may use all of them.
func (a *Attribution) loadedBy(d *doc.Doc) []*doc.Doc {
	var out []*doc.Doc
	for line := range strings.Lines(d.Text) {
		for _, m := range pyQuoted.FindAllStringSubmatch(strings.TrimRight(line, "\r\n"), 10) {
			out = append(out, a.modules(m[1])...)
			if m[2] != "" { // an application of Django's
				out = append(out, a.modules(m[2]+".models")...)
				out = append(out, a.modules(m[2]+".tasks")...)
			}
		}
	}
	return out
}
