package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// programFolder matches a path that begins with the variable of the folder that a
// program is installed in: $CATALINA_BASE/logs, ${catalina.home}/logs, $KAFKA_HOME/data, BASE_DIR of a
// site of Python.
var programFolder = lazyregexp.New(`^\$\{?(?:sys:|env:)?([A-Za-z][\w.]*(?:_HOME|_BASE|\.home|\.base)|(?:BASE|ROOT|PROJECT)_DIR|PROJECT_ROOT)\}?/`)

// otherFolder are words of such names that say that something else is meant.
var otherFolder = lazyregexp.New(`(?i)log|data|user|store|storage|state|work|volume|tmp|home_dir|xdg|backup|spool`)

// installed reports whether a path lies in the folder of a program, by its
// variable: one that nothing in the project sets to a volume. Only paths that are
// sure to be written to are asked for, and only by the names that servers use.
func (j *project) installed(p string, r *doc.Role) bool {
	m := programFolder.FindStringSubmatch(p)
	if m == nil {
		return j.ownFolder(p)
	}
	if m[1] == "user.home" {
		return !j.movesHome(r)
	}
	if otherFolder.MatchString(m[1]) {
		return false
	}
	if inside, ok := j.programs[m[1]]; ok {
		return inside
	}
	j.programs[m[1]] = !j.setToVolume(m[1])
	return j.programs[m[1]]
}

// movesHome reports whether a text of a role's says where Java takes a user's home to be.
func (j *project) movesHome(r *doc.Role) bool {
	return slices.ContainsFunc(j.docs, func(d *doc.Doc) bool { return d.Of(r.Itself()) && strings.Contains(d.Text, "user.home=") })
}

// usersHomes are the homes of those that a role's services run as.
func (j *project) usersHomes(r *doc.Role) []string {
	out := []string{"/root"}
	for _, d := range j.docs {
		if d.Format != reader.Unit || !d.Of(r) {
			continue
		}
		for _, l := range reader.UnitLines(d.Text) {
			if l.Key == "User" && doc.IsPlain(l.Value) {
				out = append(out, "/home/"+l.Value)
			}
		}
	}
	return out
}

// linkedAway reports whether a path in a folder that a variable names leads to a volume: in
// the home of the user that Java runs for by a link there, in the folder of a program by
// one that is made there.
func (j *project) linkedAway(s *site) bool {
	if at := strings.Index(s.path, "user.home}/"); at >= 0 {
		return slices.ContainsFunc(j.usersHomes(s.role.Itself()), func(home string) bool {
			return s.disk().Where(home+"/"+s.path[at+len("user.home}/"):], s.role.Mounts) == disk.Volume
		})
	}
	m := ownVariable.FindStringSubmatch(s.path)
	if m == nil {
		return false
	}
	home, rest := m[1], s.path[len(m[0]):]
	if folder, ok := strings.CutPrefix(j.table.Own(m[1]), "$"); ok {
		var below string
		home, below, _ = strings.Cut(folder, "/")
		rest = below + "/" + rest
	}
	for _, at := range j.homesOf(s, home) {
		if s.disk().Where(at+"/"+rest, s.role.Mounts) == disk.Volume {
			return true
		}
	}
	return false
}

// homesOf are the folders that a program's own variable may stand for: what is said
// somewhere, or else those that are called like the program and have a link in them.
func (j *project) homesOf(s *site, name string) []string {
	if folder := j.saidHome(s.role, name); folder != "" {
		return []string{folder}
	}
	words := known.Words(name)
	if len(words) < 2 {
		return nil
	}
	called := func(name string) bool {
		return slices.ContainsFunc(j.table.Programs(words[0]), func(program string) bool { return strings.Contains(name, program) })
	}
	if homes := s.disk().Parents(func(dir string) bool { return called(path.Base(dir)) }); homes != nil {
		return homes
	}
	return s.disk().Parents(func(dir string) bool { return called(path.Base(path.Dir(dir))) }) // starrocks/fe
}

// saidHome is the folder that some text of a role's gives to a variable that names one;
// "" where none does.
func (j *project) saidHome(r *doc.Role, name string) string {
	for _, key := range []string{"-D" + name, name, strings.ToUpper(strings.ReplaceAll(name, ".", "_"))} {
		for _, d := range j.docs {
			if d.Of(r) {
				if folder := folderAfter(d.Text, key+"="); folder != "" {
					return folder
				}
			}
		}
	}
	return ""
}

// linkOf is the path of a link in a script, whose variable may be one of the environment:
// it is what some text of the role's says.
func (j *project) linkOf(r *doc.Role, p string) string {
	if m := ownVariable.FindStringSubmatch(p); m != nil {
		if folder := j.saidHome(r.Itself(), m[1]); folder != "" {
			return folder + "/" + p[len(m[0]):]
		}
	}
	return p
}

// linkedBeside reports whether a folder that is called like the server whose setting a
// relative path is has a link of that name, to a volume: it may run there.
func (j *project) linkedBeside(s *site) bool {
	if s.below == "" {
		return false
	}
	servers := j.table.Servers(s.doc.Node)
	for _, at := range s.disk().Parents(func(dir string) bool {
		return slices.ContainsFunc(servers, func(name string) bool { return strings.Contains(path.Base(dir), name) })
	}) {
		if s.disk().Where(path.Join(at, s.below), s.role.Mounts) == disk.Volume {
			return true
		}
	}
	return false
}

// setToVolume reports whether some text sets a variable to a folder of a volume.
func (j *project) setToVolume(name string) bool {
	return j.somewhere(name, func(rest string) bool {
		value := strings.TrimLeft(rest[:min(len(rest), 100)], "}:=- \t\"'")
		return !strings.HasPrefix(rest, "}/") && strings.HasPrefix(value, "/") && j.area(strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(" \t\r\n\"';", c) })[0])
	})
}

// somewhere reports whether in some text what comes after a name is such.
func (j *project) somewhere(name string, such func(rest string) bool) bool {
	for _, d := range j.docs {
		for rest := d.Text; ; {
			i := strings.Index(rest, name)
			if i < 0 {
				break
			}
			if rest = rest[i+len(name):]; such(rest) {
				return true
			}
		}
	}
	return false
}

// ownVariable matches a path that begins with any variable.
var ownVariable = lazyregexp.New(`^\$\{?(?:sys:|env:)?([A-Za-z][\w.-]*)\}?/`)

// ownFolder reports whether a path begins with a variable that a server's own
// scripts set to a folder of its installation, unless something tells another one.
func (j *project) ownFolder(p string) bool {
	m := ownVariable.FindStringSubmatch(p)
	if m == nil {
		return false
	}
	names := j.table.Variables(m[1])
	if names == nil {
		return false
	}
	if inside, ok := j.programs[m[1]]; ok {
		return inside
	}
	j.programs[m[1]] = !slices.ContainsFunc(append(names, m[1]), j.isSet)
	return j.programs[m[1]]
}

// isSet reports whether some text sets a variable.
func (j *project) isSet(name string) bool {
	return j.somewhere(name, func(rest string) bool {
		set := strings.TrimLeft(rest, " \t")
		return strings.HasPrefix(set, "=") || strings.HasPrefix(set, ": ") || strings.HasPrefix(rest, `"`)
	})
}
