package owner

import (
	"path"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
)

// neighbours gives what may be anybody's to the roles that all else in its folder is
// sure to be of, where it is a folder of some program's: es/jvm.options lies beside
// es/elasticsearch.yml.
func (a *Attribution) neighbours() {
	if len(a.Roles) < 2 {
		return
	}
	folders := map[string][]*doc.Role{} // of the roles that all in it are of; none where they differ
	for _, d := range a.Docs {
		if d.Command || d.Owners == nil || d.Owners.Weak || len(d.Owners.Roles) == 0 {
			continue
		}
		for dir := path.Dir(d.Rel); dir != "." && dir != "/"; dir = path.Dir(dir) {
			some, ok := folders[dir]
			if !ok {
				folders[dir] = d.Owners.Roles
			} else if len(doc.Common(some, d.Owners.Roles)) != max(len(some), len(d.Owners.Roles)) {
				folders[dir] = []*doc.Role{}
			}
		}
	}
	for _, d := range a.Docs {
		if d.Pair != nil || d.Command || d.Owners == nil || !d.Owners.Open || !d.Owners.Weak {
			continue
		}
		if some := inFolder(folders, d.Rel); len(some) > 0 && len(some) < len(a.Roles) {
			d.Owners = &doc.Owners{Roles: some, Sure: validate.Likely}
		}
	}
}

// inFolder are the roles of the nearest folder above a file that has some, unless it
// is one of any system.
func inFolder(folders map[string][]*doc.Role, rel string) []*doc.Role {
	for dir := path.Dir(rel); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if some, ok := folders[dir]; ok && !everywhere(path.Base(dir)) {
			return some
		}
	}
	return nil
}
