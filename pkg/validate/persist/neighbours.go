package persist

import (
	"path"

	"github.com/appimg/appimg/pkg/validate"
)

// neighbours gives what may be anybody's to the roles that all else in its folder is
// sure to be of, where it is a folder of some program's: es/jvm.options lies beside
// es/elasticsearch.yml.
func (a *attribution) neighbours() {
	if len(a.j.roles) < 2 {
		return
	}
	folders := map[string][]*role{} // of the roles that all in it are of; none where they differ
	for _, d := range a.j.docs {
		if d.command || d.owners == nil || d.owners.weak || len(d.owners.roles) == 0 {
			continue
		}
		for dir := path.Dir(d.rel); dir != "." && dir != "/"; dir = path.Dir(dir) {
			some, ok := folders[dir]
			if !ok {
				folders[dir] = d.owners.roles
			} else if len(both(some, d.owners.roles)) != max(len(some), len(d.owners.roles)) {
				folders[dir] = []*role{}
			}
		}
	}
	for _, d := range a.j.docs {
		if d.pair != nil || d.command || d.owners == nil || !d.owners.open || !d.owners.weak {
			continue
		}
		if some := inFolder(folders, d.rel); len(some) > 0 && len(some) < len(a.j.roles) {
			d.owners = &owners{roles: some, sure: validate.Likely}
		}
	}
}

// inFolder are the roles of the nearest folder above a file that has some, unless it
// is one of any system.
func inFolder(folders map[string][]*role, rel string) []*role {
	for dir := path.Dir(rel); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if some, ok := folders[dir]; ok && !everywhere(path.Base(dir)) {
			return some
		}
	}
	return nil
}
