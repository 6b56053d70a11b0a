package persist

import (
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
)

// seenInside reports whether a setting's path is one that a container sees.
func (j *project) seenInside(s *site) bool {
	return j.disk.Inside(s.path) || j.aboutContainers(s.doc)
}

// outside is a setting of a container as its node sees it, and whether that is off the
// volumes: wherever a container has its path from, and as it stands too, where it is
// not sure that the file is a container's.
func (j *project) outside(s *site) (*site, bool) {
	hosts, known := j.disk.Outside(s.path)
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
