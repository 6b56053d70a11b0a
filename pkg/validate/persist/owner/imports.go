package owner

import (
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

// importedBy are the files of the modules that a program in Python imports or names.
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
