package persist

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// noteSpare notes a folder that a role's server is told to use for what need not last:
// its socket, or what a well-known setting has there.
func (j *project) noteSpare(r *doc.Role, s reader.Setting, m known.Meaning) {
	folder, end := path.Dir(s.Value), path.Ext(s.Value)
	switch {
	case !strings.HasPrefix(s.Value, "/"):
		return
	case end == ".sock", end == ".socket", strings.HasSuffix(path.Base(s.Value), "_socket"):
	case m.Sure() && m.Kind == known.None && end == "" && m.App != "systemd":
		folder = s.Value
	default:
		return
	}
	r = r.Itself()
	if j.spare[r] == nil {
		j.spare[r] = map[string]bool{}
	}
	j.spare[r][disk.Clean(folder)] = true
}

// isSpare reports whether a script makes a folder for such things alone: settings put
// them there, and nothing else. Packages have sockets in the folder of the data, which
// is elsewhere then.
func (j *project) isSpare(s *site) bool {
	at := disk.Clean(s.path)
	return s.folder && j.spare[s.role][at] && !j.holds(s.role, at)
}

// holds reports whether a setting of a role says that something lies in a folder.
func (j *project) holds(r *doc.Role, folder string) bool {
	for _, s := range j.sites {
		if s.setting && s.role == r && s.kind != known.Log && disk.Under(disk.Clean(s.path), folder) {
			return true
		}
	}
	return false
}
