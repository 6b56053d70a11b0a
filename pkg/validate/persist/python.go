package persist

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// modules notes the constants of other files that a program writes to: that it adds
// to a file says that it keeps something there, whatever the file is called.
func (j *project) modules(d *doc.Doc, r *doc.Role) {
	for _, name := range reader.PythonModules(d.Text) {
		for _, other := range j.byBase[name+".py"] {
			if other == d || other.Format != reader.Python || !other.Of(r) {
				continue
			}
			for _, s := range reader.PythonWrites(d.Text, other.Text) {
				s.Value, s.Told = expand(s.Value, r), expand(s.Told, r)
				if reader.Unset(s.Value) {
					continue
				}
				kind := j.table.Path(s.Value)
				if kind == known.None || kind == known.Unknown {
					kind = j.kept(s.Key, s.Value)
				}
				at := site{doc: other, role: r, path: s.Told, kind: kind, sure: validate.Likely, why: "a program writes to it", offset: s.Offset, setting: true}
				j.put(at)
				at.doc, at.path, at.offset = d, s.Value, s.Use
				j.put(at)
			}
		}
	}
}

// maxModules bounds the modules whose constants a program is read with.
const maxModules = 10

// imported are the modules of this repository that a program imports, and those that
// they do, the innermost first.
func (j *project) imported(d *doc.Doc, r *doc.Role) []*doc.Doc {
	seen := []*doc.Doc{d}
	for i := 0; i < len(seen) && len(seen) <= maxModules; i++ {
		for _, name := range reader.PythonModules(seen[i].Text) {
			for _, other := range j.byBase[name+".py"] {
				if other.Format == reader.Python && other.Of(r) && !slices.Contains(seen, other) {
					seen = append(seen, other)
				}
			}
		}
	}
	slices.Reverse(seen)
	return seen[:len(seen)-1]
}

// constants are the texts of the modules whose constants a program may use.
func (j *project) constants(d *doc.Doc, r *doc.Role) []string {
	var out []string
	for _, m := range j.imported(d, r) {
		out = append(out, m.For(r, j.roles).Text)
	}
	return out
}

// keep is a file that programs write, and whether they read it, too.
type keep struct {
	written []site
	read    bool
}

// opened notes the files that a program writes and reads, and tells of those with what is
// made at random.
func (j *project) opened(d *doc.Doc, r *doc.Role) {
	if d.Build || d.Nested {
		return
	}
	for _, f := range reader.PythonFiles(d.Node, d.Text, j.constants(d, r)) {
		if f.Secret {
			e := shell.Event{Op: shell.Made, Path: f.Path, Name: "a secret", Within: f.Within}
			if f.Guard {
				e.Guards = []string{f.Path}
			}
			j.writtenOnce(d, r, e, f.Offset)
		}
		j.keep(d, r.Itself(), f)
	}
}

func (j *project) keep(d *doc.Doc, r *doc.Role, f reader.PyFile) {
	if j.keeps[r] == nil {
		j.keeps[r] = map[string]*keep{}
	}
	k := j.keeps[r][f.Path]
	if k == nil {
		k = &keep{}
		j.keeps[r][f.Path] = k
	}
	if f.Write {
		k.written = append(k.written, site{doc: d, role: r, path: f.Path, kind: known.State, sure: validate.Likely, why: "a program reads again what it has put there", offset: f.Offset, once: true})
	}
	k.read = k.read || !f.Write
}

// resumed adds the files that programs go on from: the plan of what is not done yet,
// what they know of before.
func (j *project) resumed() {
	for _, r := range j.roles {
		for _, p := range slices.Sorted(maps.Keys(j.keeps[r])) {
			if k := j.keeps[r][p]; k.read && remembers(p) {
				for _, s := range k.written {
					j.put(s)
				}
			}
		}
	}
}

// remembers reports whether a file that a program writes and reads is one that it must
// find again on another machine. A sample to count from, or a copy of what others know,
// is none.
func remembers(p string) bool {
	if known.Sample(p) {
		return false
	}
	state := strings.HasPrefix(p, "/var/lib/")
	for _, w := range known.Words(path.Base(p)) {
		switch w {
		case "log", "conf", "cfg", "config":
			return false
		case "plan", "progress", "pending", "resume", "checkpoint", "todo", "journal", "task", "tasks", "state", "job", "jobs", "history":
			state = true
		}
	}
	return state
}
