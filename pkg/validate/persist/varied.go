package persist

import (
	"context"
	"maps"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/gather"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// readVaried reads what files become with other parameters, and the scripts that see
// variables which such files set: of all that only what is not there by default
// counts. Links count for such a file alone, and nothing of it says what others mean.
func (j *project) readVaried(ctx context.Context) {
	if len(j.varied) == 0 {
		return
	}
	had := map[string]bool{}
	for _, s := range j.sites {
		had[s.identity()] = true
	}
	for _, v := range j.varied {
		if ctx.Err() != nil {
			return
		}
		j.readOther(v.Doc, v.Role, had)
		if v.Format == reader.Shell {
			j.readScriptsWith(v, had)
		}
	}
}

// readOther reads a file that is not there by default, and leaves of what it says the
// sites that are new.
func (j *project) readOther(d *doc.Doc, r *doc.Role, had map[string]bool) {
	sites, inside, waiting := len(j.sites), len(j.inside), len(j.waiting)
	j.over = r.Disk.Of()
	j.readDoc(d, r, 0)
	j.over = nil
	j.inside, j.waiting = j.inside[:inside], j.waiting[:waiting]
	kept := j.sites[:sites]
	for _, s := range j.sites[sites:] {
		if id := s.identity(); !had[id] {
			had[id] = true
			kept = append(kept, s)
		}
	}
	j.sites = kept
}

// identity is what a site is by default and with other parameters alike.
func (s *site) identity() string {
	where := s.doc.File
	if s.doc.Pair != nil {
		where = s.doc.Pair.File
	}
	return strings.Join([]string{s.role.Name, where, s.doc.LineAt(s.offset), s.path, string(s.kind)}, "\x00")
}

// maxAltered bounds how many scripts are read once more for one file.
const maxAltered = 40

// readScriptsWith reads the scripts that use a variable which a file sets otherwise.
func (j *project) readScriptsWith(v gather.Varied, had map[string]bool) {
	j.alter = j.alteredBy(v)
	defer func() { j.alter = nil }()
	if len(j.alter) == 0 {
		return
	}
	left := maxAltered
	for _, d := range j.docs {
		if d == v.Base || d.Build || d.Format != reader.Shell && d.Format != reader.Unit || !d.Of(v.Role) || left == 0 || !usesAny(d.Text, j.alter) {
			continue
		}
		left--
		other := *d
		other.Given = v.Given
		j.readOther(&other, v.Role, had)
	}
}

func usesAny(text string, vars map[string][]shell.Value) bool {
	for name := range vars {
		if strings.Contains(text, "$"+name) || strings.Contains(text, "${"+name) {
			return true
		}
	}
	return false
}

// alteredBy are the variables that a file, or one that it writes, sets otherwise than
// by default: one value each, since it is known what was chosen.
func (j *project) alteredBy(v gather.Varied) map[string][]shell.Value {
	before := j.assigned(v.Base, v.Role)
	out := j.assigned(v.Doc, v.Role)
	for name, values := range out {
		if old := before[name]; old != nil && old[0].Text == values[0].Text {
			delete(out, name)
		}
	}
	return out
}

// assigned are the variables that a file which is there to set them sets, and those of
// such files in its here-documents: the last value of each.
func (j *project) assigned(d *doc.Doc, r *doc.Role) map[string][]shell.Value {
	out := map[string][]shell.Value{}
	sets := doc.IsEnv(d.Node) || j.sets[r][path.Base(d.Node)] != nil
	if !sets && !strings.Contains(d.Text, "<<") {
		return out
	}
	events, _ := j.walk(d, r)
	for _, e := range events {
		switch {
		case sets && (e.Op == shell.Assign || e.Op == shell.Env):
			out[e.Name] = []shell.Value{{Text: e.Path, At: shell.Place{Source: &origin{d, e.At.Offset}}}}
		case e.Op == shell.Content && doc.IsEnv(e.Path):
			maps.Copy(out, j.assigned(d.Part(e.Path, e.Text, e.TextAt, reader.Shell), r))
		}
	}
	return out
}

// alteredIn is what a file sets that scripts read with `.`, as far as another one
// has it otherwise.
func (j *project) alteredIn(set map[string][]shell.Value) map[string][]shell.Value {
	if len(j.alter) == 0 || len(set) == 0 {
		return set
	}
	out := map[string][]shell.Value{}
	for name, values := range set {
		out[name] = values
		if other := j.alter[name]; other != nil {
			out[name] = other
		}
	}
	return out
}
