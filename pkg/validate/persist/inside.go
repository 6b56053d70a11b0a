package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
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
// not sure that the file is a container's. What nothing is bound to is the container's own:
// that is off the volumes where it is left over beside other data.
func (j *project) outside(s *site) (*site, bool) {
	hosts, ok := s.disk().Outside(s.path)
	if !ok {
		return j.leftInside(s)
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

// leftInside is a well-known setting for data in a file that is bound into a container,
// and whether it lies in the container itself: nothing is mounted there, while the same
// file has other data of the server on a volume. Whoever moved those has forgotten it.
func (j *project) leftInside(s *site) (*site, bool) {
	own := func(b source) bool { return b.role == s.role && b.has(s.doc) }
	if s.server == "" || s.kind != known.Data || !slices.ContainsFunc(j.inside, own) || s.disk().Covered(s.path) || !j.dockerIsOff(s.role) || !j.isOff(s) {
		return s, false
	}
	moved := func(o *site) bool {
		return o.server == s.server && o.role == s.role && o.doc == s.doc && o.boundToVolume()
	}
	if !slices.ContainsFunc(j.sites, moved) {
		return s, false
	}
	out := *s
	out.boxed, out.sure = true, lower(s.sure, validate.Likely)
	out.why += "; nothing is mounted there in its container, and so it lies in the container itself"
	return &out, true
}

// boundToVolume reports whether a setting for data names what containers have on a volume.
func (s *site) boundToVolume() bool {
	hosts, ok := s.disk().Outside(s.path)
	return ok && s.kind == known.Data && !slices.ContainsFunc(hosts, func(host string) bool {
		return s.disk().Where(host, s.role.Mounts) != disk.Volume
	})
}

// source is a file or folder of the node that containers of a role see.
type source struct {
	path string
	role *doc.Role
}

// aboutContainers reports whether a file's paths are those of a container: it
// is bound into one.
func (j *project) aboutContainers(d *doc.Doc) bool {
	return slices.ContainsFunc(j.inside, func(s source) bool { return s.has(d) })
}

// has reports whether a file is a source, or lies below it.
func (s source) has(d *doc.Doc) bool {
	name, tail := "/"+strings.TrimPrefix(d.Node, "/"), lastTwo(s.path)
	return tail != "" && (strings.HasSuffix(name, tail) || strings.Contains(name, tail+"/"))
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
