package owner

import (
	"path"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// inContainers leaves of a document's roles those that run a container of Docker's,
// where it is a Dockerfile, or lies beside one and nothing else says whose it is:
// to the others it says what is inside of some container, not what is on a node.
func (a *Attribution) inContainers(d *doc.Doc, o *doc.Owners) *doc.Owners {
	if d.Format != reader.Dockerfile && !(o.Open && a.besideDockerfile(d)) {
		return o
	}
	var some []*doc.Role
	for _, r := range o.Roles {
		if r.Container.Type != "kvm" && r.Container.Type != "bm" {
			some = append(some, r)
		}
	}
	if len(some) == len(o.Roles) || len(some) == 0 && d.Format != reader.Dockerfile {
		return o
	}
	if len(some) == 1 && o.Open {
		return &doc.Owners{Roles: some, Sure: validate.Likely}
	}
	return &doc.Owners{Roles: some, Sure: o.Sure, Open: o.Open}
}

// besideDockerfile reports whether a folder on d's way, below the repository's own,
// has a Dockerfile.
func (a *Attribution) besideDockerfile(d *doc.Doc) bool {
	if a.dockerfiles == nil {
		a.dockerfiles = map[string]bool{}
		for _, other := range a.Docs {
			if other.Format == reader.Dockerfile {
				a.dockerfiles[path.Dir(other.Rel)] = true
			}
		}
	}
	for dir := path.Dir(d.Rel); dir != "." && dir != "/" && len(a.dockerfiles) > 0; dir = path.Dir(dir) {
		if a.dockerfiles[dir] {
			return true
		}
	}
	return false
}
