package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
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
func (j *project) installed(p string, r *role) bool {
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
	if known, ok := j.programs[m[1]]; ok {
		return known
	}
	j.programs[m[1]] = !j.setToVolume(m[1])
	return j.programs[m[1]]
}

// movesHome reports whether a text of a role's says where Java takes a user's home to be.
func (j *project) movesHome(r *role) bool {
	return slices.ContainsFunc(j.docs, func(d *doc) bool { return d.of(r.itself()) && strings.Contains(d.text, "user.home=") })
}

// linkedHome reports whether a path below the home of the user that Java runs for leads
// to a volume: by a link in root's.
func (j *project) linkedHome(s *site) bool {
	at := strings.Index(s.path, "user.home}/")
	return at >= 0 && s.disk().Where("/root/"+s.path[at+len("user.home}/"):], s.role.mounts) == disk.Volume
}

// setToVolume reports whether some text sets a variable to a folder of a volume.
func (j *project) setToVolume(name string) bool {
	return j.somewhere(name, func(rest string) bool {
		value := strings.TrimLeft(rest[:min(len(rest), 100)], "}:=- \t\"'")
		return strings.HasPrefix(value, "/") && j.area(strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(" \t\r\n\"';", c) })[0])
	})
}

// somewhere reports whether in some text what comes after a name is such.
func (j *project) somewhere(name string, such func(rest string) bool) bool {
	for _, d := range j.docs {
		for rest := d.text; ; {
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
	if known, ok := j.programs[m[1]]; ok {
		return known
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
