package persist

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// noteSocket notes the folder that a role's server is told to have its socket in.
func (j *project) noteSocket(r *role, s reader.Setting) {
	end := path.Ext(s.Value)
	if !strings.HasPrefix(s.Value, "/") || end != ".sock" && end != ".socket" && !strings.HasSuffix(path.Base(s.Value), "_socket") {
		return
	}
	r = r.itself()
	if j.sockets[r] == nil {
		j.sockets[r] = map[string]bool{}
	}
	j.sockets[r][disk.Clean(path.Dir(s.Value))] = true
}

// forSocket reports whether a script makes a folder for a socket alone: settings put
// one there, and nothing else. Packages have sockets in the folder of the data, which
// is elsewhere then.
func (j *project) forSocket(s *site) bool {
	at := disk.Clean(s.path)
	return s.folder && j.sockets[s.role][at] && !j.holds(s.role, at)
}

// holds reports whether a setting of a role says that something lies in a folder.
func (j *project) holds(r *role, folder string) bool {
	for _, s := range j.sites {
		if s.setting && s.role == r && s.kind != known.Log && disk.Under(disk.Clean(s.path), folder) {
			return true
		}
	}
	return false
}
