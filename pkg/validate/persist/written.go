package persist

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// written judges what is made or written.
func (j *project) written(d *doc.Doc, r *doc.Role, e shell.Event) {
	j.noteAnew(d, r.Itself(), e)
	var backend *site
	if e.Op == shell.Made && e.Path == shell.SambaAccounts {
		e.Path, backend = j.samba(r.Itself())
	}
	if b := e.Base; e.Op == shell.Made && b != nil && b.Text != e.Path && !aboutKeys(b.Text) {
		e.Base = nil // what lies in the folder otherwise is not told
	}
	p, from, offset := j.given(d, e)
	kind, sure := j.output(d, e)
	if j.brings(d, r, e, kind) {
		kind, sure = known.Upload, validate.Likely
	}
	if kind == known.Log && e.Op == shell.Write && strings.Contains(path.Dir(e.Path)+"/", "/tmp/") {
		return // what a command says, until it says it anew
	}
	if kind == known.Unknown || kind == known.None {
		j.wait(d, r, e)
		return
	}
	if e.Op == shell.Mkdir && aboveMount(r.Itself(), e.Path) {
		return
	}
	at := site{doc: d, role: r, path: p, kind: kind, sure: sure, why: verb(e), offset: offset, from: from, unsure: e.Role, folder: e.Op == shell.Mkdir, upload: kind == known.Upload && e.Op == shell.Copy, once: e.Op == shell.Made}
	j.put(at)
	if backend != nil {
		backend.path, backend.kind, backend.sure, backend.why = p, kind, sure, verb(e)
		j.put(*backend)
	}
	if from != nil { // where it is used is a place to mend, too
		at.path, at.offset, at.from = e.Path, e.Use.Offset, nil
		j.put(at)
	}
}

func verb(e shell.Event) string {
	switch e.Op {
	case shell.Mkdir:
		return "a script makes the folder"
	case shell.Touch:
		return "a script makes the file"
	case shell.Copy:
		return "a script copies there"
	case shell.Made:
		return "a script makes " + e.Name + ", once"
	}
	if e.Command != "" && e.Command != "echo" {
		return "the output of " + e.Command + " goes there"
	}
	return "a script writes there"
}

// output says what lies at a path that a script makes or writes.
func (j *project) output(d *doc.Doc, e shell.Event) (known.Kind, validate.Confidence) {
	if e.Op == shell.Made {
		return j.made(d, e)
	}
	kind, area := j.table.Path(e.Path), j.area(e.Path)
	if e.Command == "tar" && e.Op == shell.Write {
		if j.table.Path(path.Dir(e.Path)) == known.Backup || e.From != e.Path && strings.HasPrefix(e.From, "/") && j.area(e.From) {
			return known.Backup, validate.Likely
		}
		return known.None, validate.Guess
	}
	switch e.Command {
	case "svlogd", "multilog", "s6-log", "rotatelogs", "cronolog":
		if e.Op == shell.Append && kind != known.None {
			return known.Log, validate.Likely
		}
	}
	if k := j.recorded(d, e, kind); k != known.Unknown {
		return k, validate.Likely
	}
	if (e.Op == shell.Copy || e.Op == shell.Write && e.Command != "tar") && j.copies(d, e) {
		return known.Backup, validate.Likely
	}
	if e.Dump && kind != known.Log && (e.Op == shell.Write || e.Op == shell.Append) {
		return known.Backup, validate.Likely
	}
	if kind == known.None {
		return kind, validate.Guess
	}
	switch e.Op {
	case shell.Append, shell.Write:
		return j.stream(d, e, kind, area)
	case shell.Copy:
		if (kind == known.Backup || kind == known.Data) && j.area(e.From) && e.From != "" { // off the volume
			return kind, validate.Likely
		}
		if !area || j.table.Path(e.From) == known.None {
			return known.None, validate.Guess
		}
	case shell.Touch:
		if kind == known.Unknown && !area {
			return known.None, validate.Guess
		}
	}
	if kind == known.Unknown && area {
		kind = known.Data
	}
	if area || strings.HasPrefix(e.Path, "/var/log/") {
		return kind, validate.Certain
	}
	return kind, validate.Likely
}

// stream is output for redirections. What confd writes anew at each boot, a
// script that it renders may replace.
func (j *project) stream(d *doc.Doc, e shell.Event, kind known.Kind, area bool) (known.Kind, validate.Confidence) {
	switch {
	case kind == known.Log:
		return known.Log, validate.Certain
	case d.Generated && e.Op == shell.Write:
		return known.None, validate.Guess
	case kind == known.Backup:
		return known.Backup, validate.Likely
	case area && kind == known.Unknown:
		return known.State, validate.Likely
	case area, e.Op == shell.Append, strings.HasPrefix(e.Path, "/var/lib/"):
		return kind, validate.Likely
	}
	return known.None, validate.Guess
}

// wait notes what a script makes of which its path tells nothing: a setting may.
func (j *project) wait(d *doc.Doc, r *doc.Role, e shell.Event) {
	if (e.Op == shell.Mkdir || e.Op == shell.Touch) && strings.HasPrefix(e.Path, "/") && len(j.waiting) < maxSites {
		j.waiting = append(j.waiting, site{doc: d, role: r.Itself(), path: e.Path, why: verb(e), offset: e.Use.Offset, unsure: e.Role, needs: j.needed})
	}
}

// toldOf adds the folders and files that scripts make where a setting of the same
// role says what lies there.
func (j *project) toldOf() {
	told := map[*doc.Role]map[string]*site{}
	for _, s := range j.sites {
		if s.setting && s.doc.Given == "" && s.kind != known.Log && strings.Count(s.path, "/") > 1 {
			if told[s.role] == nil {
				told[s.role] = map[string]*site{}
			}
			told[s.role][disk.Clean(s.path)] = s
		}
	}
	for _, s := range j.waiting {
		at := disk.Clean(s.path)
		by := told[s.role][at]
		if by == nil {
			by = told[s.role][path.Dir(at)]
		}
		if by != nil {
			s.kind, s.sure = by.kind, by.sure
			j.put(s)
		}
	}
}
