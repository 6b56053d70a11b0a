package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// noteServed notes a folder that nginx serves and that is called like one for what users
// have sent. Programs often put such files below their own folder by themselves, so that
// nothing but the server names it.
func (j *project) noteServed(d *doc.Doc, r *doc.Role, s reader.Setting) {
	if key := strings.ToLower(s.Key); d.Build || key != "alias" && !strings.HasSuffix(key, "location.alias") || !ofUploads(s.Value) || j.brought(s.Value) {
		return
	}
	j.served = append(j.served, site{doc: d, role: r.Itself(), path: s.Value, kind: known.Upload, sure: validate.Likely, why: "nginx serves it, by its name what users upload", offset: s.Offset, setting: true, over: j.over})
}

// ofUploads reports whether a folder is, by its last name, one of what users send.
func ofUploads(p string) bool {
	p = disk.Clean(p)
	switch path.Base(p) {
	case "upload", "uploads", "attachment", "attachments", "userfiles", "user-files", "user_files", "avatars":
		return true
	case "files": // of Flarum, of Drupal
		parent := path.Base(path.Dir(p))
		return parent == "assets" || parent == "default" || parent == "uploads"
	}
	return false
}

// servedAlone adds the folders that nginx serves and that no setting of the same role
// names: where one does, that is the place to mend.
func (j *project) servedAlone() {
	sites := slices.Clone(j.sites)
	for _, s := range j.served {
		at := disk.Clean(s.path)
		others := slices.ContainsFunc(sites, func(o *site) bool {
			return o.setting && o.role == s.role && o.doc.File != s.doc.File && (disk.Under(at, disk.Clean(o.path)) || disk.Under(disk.Clean(o.path), at))
		})
		if others || slices.ContainsFunc(j.named[s.role][at], func(o site) bool { return o.doc.File != s.doc.File }) {
			continue
		}
		j.over = s.over
		j.put(s)
		j.over = nil
	}
}
