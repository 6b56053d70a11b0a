package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
)

// seenBy is where it counts what a role's containers see: for that role alone, whose
// containers they are.
func (j *project) seenBy(d *doc.Doc, r *doc.Role) *disk.Map {
	if d.Given != "" && j.over != nil {
		return j.over
	}
	return r.Itself().Disk
}

// seenInside reports whether a setting's path is one that a container sees. Where only
// other roles' containers do, the file may be the node's own all the same, unless the
// role has containers, too.
func (j *project) seenInside(s *site) bool {
	if s.disk().Inside(s.path) || j.aboutContainers(s.doc) {
		return true
	}
	return j.boxed[s.role] && slices.ContainsFunc(j.roles, func(r *doc.Role) bool { return r.Disk.Inside(s.path) })
}

// outside is a setting of a container as its node sees it, and whether that is off the
// volumes: wherever a container has its path from, and as it stands too, where it is
// not sure that the file is a container's. What nothing is bound to is the container's own.
func (j *project) outside(s *site) (*site, bool) {
	hosts, known := s.disk().Outside(s.path)
	if !known {
		return s, false
	}
	for _, host := range hosts {
		if s.disk().Where(host, s.role.Mounts) != disk.System {
			return s, false
		}
	}
	if !j.aboutContainers(s.doc) && !j.isOff(s) {
		return s, false
	}
	out := *s
	out.path, out.sure = hosts[0], lower(s.sure, validate.Likely)
	out.why += ", which its container sees as " + s.path
	return &out, j.isOff(&out)
}

// aboutContainers reports whether a file's paths are those of a container: it
// is bound into one.
func (j *project) aboutContainers(d *doc.Doc) bool {
	name := "/" + strings.TrimPrefix(d.Node, "/")
	for _, source := range j.inside {
		if tail := lastTwo(source); tail != "" && (strings.HasSuffix(name, tail) || strings.Contains(name, tail+"/")) {
			return true
		}
	}
	return false
}

// lastTwo are the last two parts of a path: what is comparable between a path on
// the node and one in the repository.
func lastTwo(p string) string {
	p = disk.Clean(p)
	dir, base := path.Split(p)
	dir = path.Base(strings.TrimRight(dir, "/"))
	if base == "" || dir == "." || dir == "/" || dir == "" {
		return ""
	}
	return "/" + dir + "/" + base
}
