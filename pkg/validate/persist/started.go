package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/owner"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// start is what a script, a unit or a command of a role's starts.
type start struct {
	doc      *doc.Doc
	offset   int
	from     *origin // where its name is given, if that is elsewhere
	name     string  // of the service, the daemon or the program
	launcher string  // the program that starts it, which may be itself
	folder   string  // the launcher's; "." where it is found by PATH
	args     string
	runsIn   string  // the folder that it runs in; "" where that is not known
	saidAt   *origin // where that is said; nil: where it is started
}

// maxStarts bounds what is noted of a role.
const maxStarts = 500

// noteStart notes what an event of a script starts. Of a function that nothing is seen to
// call it is not sure.
func (j *project) noteStart(d *doc.Doc, r *doc.Role, e shell.Event) {
	r = r.Itself()
	if d.Given != "" || len(j.starts[r]) >= maxStarts || e.Weak && !j.duties.Sure(e.Name, r) {
		return
	}
	s := start{doc: d, offset: e.Use.Offset, name: e.Name, launcher: e.Command, folder: e.From, args: e.Text, runsIn: e.Inside}
	if o, ok := e.At.Source.(*origin); ok {
		s.from = o
	} else {
		s.offset = e.At.Offset
	}
	if s.runsIn == "" {
		s.runsIn, s.saidAt = j.runFolder, j.runFolderAt
	}
	j.starts[r] = append(j.starts[r], s)
}

// startedBySupervisor notes the programs that a file of supervisord's tells it to start.
func (j *project) startedBySupervisor(d *doc.Doc, r *doc.Role) {
	for _, p := range owner.SupervisedBy(d.Text) {
		if p.Asked && !j.duties.Sure(p.Name, r.Itself()) {
			continue
		}
		part := d.Part(d.Node, p.Command, p.Offset, reader.Shell)
		events, _ := j.walk(part, r)
		j.runningIn(p.Directory, nil, func() {
			for _, e := range events {
				if e.Op == shell.Start {
					j.noteStart(part, r, e)
				}
			}
		})
	}
}

// runningIn does something while what is started runs in a folder, which is said somewhere.
func (j *project) runningIn(dir string, at *origin, do func()) {
	before, beforeAt := j.runFolder, j.runFolderAt
	j.runFolder, j.runFolderAt = dir, at
	do()
	j.runFolder, j.runFolderAt = before, beforeAt
}

// unitDirectory is the folder that a unit's program runs in: what the unit says, and
// where, else systemd's own choice; "" where it is not known.
func unitDirectory(d *doc.Doc) (dir string, at *origin) {
	dir = "/"
	for _, l := range reader.UnitLines(d.Text) {
		if l.Key == "WorkingDirectory" {
			dir, at = strings.TrimPrefix(l.Value, "-"), &origin{d, l.Offset}
		}
	}
	if strings.ContainsAny(dir, "$%~") {
		return "", nil
	}
	return dir, at
}

// program is the path of what is run.
func (s *start) program() string { return path.Join(s.folder, s.launcher) }

// isManaged reports whether a start is told to a manager of services, by the service's name:
// what that runs, and how, says its unit.
func (s *start) isManaged() bool {
	switch s.launcher {
	case "systemctl", "service", "rc-service", "invoke-rc.d", "initctl", "sv", "monit", "supervisorctl":
		return true
	}
	return s.ofInit()
}

// ofInit reports whether a start calls a script of the old init.
func (s *start) ofInit() bool {
	return strings.HasSuffix(s.folder, "/init.d") || strings.HasSuffix(s.folder, "/rc.d")
}

// home is the folder that the program was put into; "" of one that a package brings, or
// that is not seen.
func (s *start) home() string {
	dir := path.Base(s.folder)
	switch {
	case s.isManaged(), dir != "bin" && dir != "sbin", !ownBin(s.folder) && !strings.HasPrefix(s.folder, "$"), s.folder == "/usr/sbin", s.folder == "/sbin", s.folder == "/usr/local/sbin":
		return ""
	}
	return strings.TrimSuffix(path.Dir(s.folder), "/")
}

// isUnseen reports whether what a manager starts is told nowhere in the repository: it is
// the service that a package brings.
func (j *project) isUnseen(r *doc.Role, s *start) bool {
	if !s.isManaged() || s.launcher == "supervisorctl" {
		return false
	}
	return !slices.ContainsFunc(j.docs, func(d *doc.Doc) bool {
		switch {
		case !d.Of(r):
			return false
		case d.Format == reader.Unit:
			return strings.EqualFold(owner.UnitOf(d.Node), strings.NewReplacer("_", "-", "@", "-").Replace(s.name)) && !strings.HasSuffix(path.Dir(d.Node), ".d")
		}
		return strings.EqualFold(path.Base(d.Node), s.name) && path.Base(path.Dir(d.Node)) == "init.d"
	})
}

// hasUnknownWords reports whether a word of a command line is a variable that nothing here
// sets for a role: it may hold any option.
func (s *start) hasUnknownWords(r *doc.Role) bool {
	return slices.ContainsFunc(strings.Fields(s.args), func(w string) bool {
		name := strings.Trim(w, `"'${}`)
		return strings.HasPrefix(strings.Trim(w, `"'`), "$") && len(r.Vars[name]) == 0
	})
}

// hasIn reports whether a document lies in the folder of the program that is started.
func (s *start) hasIn(d *doc.Doc) bool {
	home := s.home()
	return strings.HasPrefix(home, "/") && disk.Under(disk.Clean(d.Node), home)
}
