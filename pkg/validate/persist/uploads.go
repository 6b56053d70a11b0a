package persist

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// argument matches what a script was called with.
var argument = regexp.MustCompile(`^\$\{?[1-9]\}?$`)

// brings reports whether a script puts a file that it was called with somewhere, and is
// called like one for what users bring: upload_plugin.sh, import-cert.
func (j *project) brings(d *doc, e shell.Event, kind known.Kind) bool {
	if e.Op != shell.Copy || d.build || d.generated || !argument.MatchString(e.From) || kind != known.None && kind != known.Unknown || !strings.HasPrefix(e.Path, "/") {
		return false
	}
	return slices.ContainsFunc(known.Words(stem(path.Base(d.node))), func(w string) bool {
		switch w {
		case "upload", "uploads", "import", "plugin", "plugins", "addon", "extension", "custom", "receive":
			return true
		}
		return false
	})
}

// uploadsNamed adds the settings that name the folder in which a script puts what users
// bring: that is a place to mend, too.
func (j *project) uploadsNamed() {
	done := map[*role]map[string]bool{}
	for _, s := range slices.Clone(j.sites) {
		dir, _ := disk.Known(s.path)
		if path.Ext(dir) != "" {
			dir = path.Dir(dir)
		}
		if !s.upload || done[s.role][dir] {
			continue
		}
		if done[s.role] == nil {
			done[s.role] = map[string]bool{}
		}
		done[s.role][dir] = true
		j.alsoNamed(s, dir)
	}
}

// dumpsNamed adds the constants of programs that name the folder into which a command of
// theirs puts a copy of a database.
func (j *project) dumpsNamed() {
	for _, s := range slices.Clone(j.sites) {
		if s.kind != known.Backup || s.setting || s.doc.node != pythonCommand {
			continue
		}
		dir, _ := disk.Known(s.path)
		if path.Ext(dir) != "" {
			dir = path.Dir(dir)
		}
		for _, n := range j.named[s.role][dir] {
			if n.doc.format == reader.Python {
				n.kind, n.sure, n.why = s.kind, s.sure, s.why
				j.put(n)
			}
		}
	}
}
