package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/ansible"
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

// standsEmpty reports whether a task makes a folder with the image, as packages do, and settings
// have what it is called after on the role's volumes: what would be in /var/log/mysql is in
// /data/log/mysql/slow.log.
func (j *project) standsEmpty(s *site) bool {
	if !s.folder || !ansible.IsPlaybook(s.doc.Rel, s.doc.Text) {
		return false
	}
	at, moved := disk.Clean(s.path), false
	name := strings.ToLower(path.Base(at))
	for _, o := range j.sites {
		if !o.setting || o.role != s.role || o.kind != s.kind {
			continue
		}
		if disk.Under(disk.Clean(o.path), at) {
			return false
		}
		moved = moved || mountOf(o.role, o.path) != "" && (isCalled(o.path, name) || name == strings.ToLower(o.server))
	}
	return moved
}

// isCalled reports whether a folder of a path, or its file, has a name.
func isCalled(p, name string) bool {
	return slices.ContainsFunc(strings.Split(strings.ToLower(p), "/"), func(segment string) bool {
		return segment == name || strings.HasPrefix(segment, name+".")
	})
}
