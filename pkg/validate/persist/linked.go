package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// call is a program that a role starts by its path.
type call struct {
	doc     *doc.Doc
	role    *doc.Role
	program string
	offset  int
}

// maxCalls bounds how many are kept.
const maxCalls = 300

// noteLinked notes the folder of logs of a program that a role links elsewhere.
func (j *project) noteLinked(d *doc.Doc, r *doc.Role, e shell.Event) {
	at := j.linkOf(r, e.Path)
	if d.Build || len(j.roles) < 2 || len(j.linked) > maxCalls || !strings.HasPrefix(at, "/") || j.table.Path(at) != known.Log {
		return
	}
	j.linked = append(j.linked, site{doc: d, role: r.Itself(), path: disk.Clean(at), kind: known.Log})
}

// noteCalled notes a program that a role starts by its path: a daemon, by its name or by what
// it is told.
func (j *project) noteCalled(d *doc.Doc, r *doc.Role, e shell.Event) {
	if d.Build || d.Given != "" || e.Weak || len(j.called) > maxCalls || !strings.HasPrefix(e.From, "/") || !startsDaemon(e) {
		return
	}
	j.called = append(j.called, call{d, r.Itself(), path.Join(e.From, e.Command), e.Use.Offset})
}

// startsDaemon reports whether what is started goes on: hadoop-daemon.sh start datanode.
func startsDaemon(e shell.Event) bool {
	name := strings.ToLower(e.Command)
	return slices.ContainsFunc([]string{"start", "daemon", "server"}, func(w string) bool { return strings.Contains(name, w) }) ||
		slices.ContainsFunc(strings.Fields(e.Text), func(w string) bool { return w == "start" || w == "restart" || w == "--daemon" })
}

// linkedByOthers judges the logs of programs for the roles that start them as they are, where
// another role that starts the same program first links their folder to its volume: by the
// team's own word they must last.
func (j *project) linkedByOthers() {
	for _, l := range j.linked {
		if l.disk().Where(l.path, l.role.Mounts) != disk.Volume {
			continue
		}
		for _, c := range j.called {
			if c.role == l.role || !disk.Under(c.program, path.Dir(l.path)) || !ownBin(path.Dir(c.program)) || !j.calls(l.role, c.program) || j.logsElsewhere(c.role, l.path) {
				continue
			}
			j.put(site{
				doc: c.doc, role: c.role, path: l.path, kind: l.kind, sure: validate.Likely, offset: c.offset,
				why: "the log of " + path.Base(c.program) + ", which role \"" + l.role.Name + "\" has linked to its volume",
			})
		}
	}
}

// calls reports whether a role starts a program.
func (j *project) calls(r *doc.Role, program string) bool {
	return slices.ContainsFunc(j.called, func(c call) bool { return c.role == r && c.program == program })
}

// logsElsewhere reports whether a role's program is told to keep its logs on a volume: it is
// the one in whose folder a path lies.
func (j *project) logsElsewhere(r *doc.Role, p string) bool {
	program := strings.ToLower(path.Base(path.Dir(p)))
	return slices.ContainsFunc(j.sites, func(s *site) bool {
		return s.role == r && s.setting && s.kind == known.Log && s.disk().Where(s.path, r.Mounts) == disk.Volume &&
			(strings.Contains(strings.ToLower(s.doc.Node), program) || strings.Contains(strings.ToLower(s.path), program))
	})
}
