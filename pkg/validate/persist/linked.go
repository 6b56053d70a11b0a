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

// maxLinked bounds how many are kept.
const maxLinked = 300

// noteLinked notes the folder of logs of a program that a role links elsewhere.
func (j *project) noteLinked(d *doc.Doc, r *doc.Role, e shell.Event) {
	at := j.linkOf(r, e.Path)
	if d.Build || len(j.roles) < 2 || len(j.linked) > maxLinked || !strings.HasPrefix(at, "/") || j.table.Path(at) != known.Log {
		return
	}
	j.linked = append(j.linked, site{doc: d, role: r.Itself(), path: disk.Clean(at), kind: known.Log})
}

// startsDaemon reports whether what is started by its path goes on: /opt/hadoop/sbin/hadoop-daemon.sh
// start datanode.
func (s *start) startsDaemon() bool {
	name := strings.ToLower(s.launcher)
	return strings.HasPrefix(s.folder, "/") && (slices.ContainsFunc([]string{"start", "daemon", "server"}, func(w string) bool { return strings.Contains(name, w) }) ||
		slices.ContainsFunc(strings.Fields(s.args), func(w string) bool { return w == "start" || w == "restart" || w == "--daemon" }))
}

// linkedByOthers judges the logs of programs for the roles that start them as they are, where
// another role that starts the same program first links their folder to its volume: by the
// team's own word they must last.
func (j *project) linkedByOthers() {
	for _, l := range j.linked {
		if l.disk().Where(l.path, l.role.Mounts) != disk.Volume {
			continue
		}
		for _, r := range j.roles {
			if r != l.role && !j.logsElsewhere(r, l.path) && !j.toldBelow(r, l.path) {
				j.linkedFor(r, &l)
			}
		}
	}
}

// toldBelow reports whether what confd renders for a role names a place in a folder: that is
// where to mend it.
func (j *project) toldBelow(r *doc.Role, folder string) bool {
	return slices.ContainsFunc(j.sites, func(s *site) bool {
		return s.role == r && s.sure != validate.Guess && s.doc.Owners.Has(r) && s.doc.Pair != nil && disk.Under(disk.Clean(s.path), folder)
	})
}

// linkedFor judges a folder of logs that another role links, for a role that starts the
// program of that folder, too: once, where it is first started. Of a script of the project it
// is known what it starts itself.
func (j *project) linkedFor(r *doc.Role, l *site) {
	for _, s := range j.starts[r] {
		if !s.startsDaemon() || len(j.byBase[s.launcher]) > 0 || !disk.Under(s.program(), path.Dir(l.path)) || !ownBin(s.folder) || !j.calls(l.role, s.program()) {
			continue
		}
		j.put(site{
			doc: s.doc, role: r, path: l.path, kind: l.kind, sure: validate.Likely, offset: s.offset,
			why: "the log of " + s.launcher + ", which role \"" + l.role.Name + "\" has linked to its volume",
		})
		return
	}
}

// calls reports whether a role starts a program.
func (j *project) calls(r *doc.Role, program string) bool {
	return slices.ContainsFunc(j.starts[r], func(s start) bool { return s.startsDaemon() && s.program() == program })
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
