package persist

import (
	"path"

	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// noteRooted notes the folder that a role's server takes for /, if a setting names it:
// named -t /data/chroot.
func (j *project) noteRooted(d *doc.Doc, r *doc.Role, s reader.Setting, command string) {
	file := d.Node
	if command != "" {
		file = ""
	}
	server := j.table.Rooted(file, command, s.Key)
	if server == "" || s.Value == "/" {
		return
	}
	r = r.Itself()
	if j.rooted[r] == nil {
		j.rooted[r] = map[string]string{}
	}
	if j.rooted[r][server] == "" {
		j.rooted[r][server] = s.Value
	}
}

// belowRoots puts the paths of servers that take a folder for / where they lie on the node.
// Those that begin with that folder are meant as they stand.
func (j *project) belowRoots() {
	for _, s := range j.sites {
		if !s.setting || j.rooted[s.role] == nil {
			continue
		}
		root := j.rooted[s.role][j.table.CanBeRooted(s.doc.Node)]
		if root == "" || disk.Under(disk.Clean(s.path), disk.Clean(root)) {
			continue
		}
		s.why += ", below " + root + ", which the server takes for /"
		s.path = path.Join(root, s.path)
	}
}
