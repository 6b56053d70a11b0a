package persist

import (
	"path"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// inContainers leaves of a document's roles those that run a container of Docker's,
// where it is a Dockerfile, or lies beside one and nothing else says whose it is:
// to the others it says what is inside of some container, not what is on a node.
func (a *attribution) inContainers(d *doc, o *owners) *owners {
	if d.format != reader.Dockerfile && !(o.open && a.besideDockerfile(d)) {
		return o
	}
	var some []*role
	for _, r := range o.roles {
		if r.Container.Type != "kvm" && r.Container.Type != "bm" {
			some = append(some, r)
		}
	}
	if len(some) == len(o.roles) || len(some) == 0 && d.format != reader.Dockerfile {
		return o
	}
	if len(some) == 1 && o.open {
		return &owners{roles: some, sure: validate.Likely}
	}
	return &owners{roles: some, sure: o.sure, open: o.open}
}

// besideDockerfile reports whether a folder on d's way, below the repository's own,
// has a Dockerfile.
func (a *attribution) besideDockerfile(d *doc) bool {
	if a.dockerfiles == nil {
		a.dockerfiles = map[string]bool{}
		for _, other := range a.j.docs {
			if other.format == reader.Dockerfile {
				a.dockerfiles[path.Dir(other.rel)] = true
			}
		}
	}
	for dir := path.Dir(d.rel); dir != "." && dir != "/" && len(a.dockerfiles) > 0; dir = path.Dir(dir) {
		if a.dockerfiles[dir] {
			return true
		}
	}
	return false
}
