package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/owner"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// belowHome makes a relative value of a setting absolute: servers that live in a folder of
// their own take it for one below the folder that they are told, or run in. A plain name
// may lie with other files of the server: only the table knows that it does not.
func (j *project) belowHome(d *doc.Doc, r *doc.Role, m known.Meaning, s *reader.Setting) bool {
	node := disk.Slashes(d.Node)
	if !reader.IsBelowHome(s.Value) && !(m.Here && reader.IsPlainLog(s.Value)) || !strings.HasPrefix(node, "/") && !disk.OnDrive(node) {
		return false
	}
	home := j.runsIn(d, r)
	if home == "" && !m.Here {
		home = serverHome(node)
	}
	if root := j.table.HomeOf(m.App, node); root != "" {
		home = root
	}
	for _, name := range j.table.Bases(m.App) {
		if base := j.saidHome(r, name); base != "" {
			home = base
		}
	}
	if home == "" {
		return false
	}
	s.Value = path.Join(home, s.Value)
	return true
}

// serverHome is the folder of the program that a configuration file is of: the one
// with its conf, config or etc; "" where that is the system's.
func serverHome(node string) string {
	for dir := path.Dir(node); dir != "/" && dir != "."; dir = path.Dir(dir) {
		switch path.Base(dir) {
		case "conf", "config", "etc":
			return strings.TrimSuffix(path.Dir(dir), "/")
		}
	}
	return ""
}

// runsIn is the folder that the server of a configuration file runs in, by its unit: its
// working directory, or the one with its bin; else by the scripts that call its program.
func (j *project) runsIn(d *doc.Doc, r *doc.Role) string {
	names := append(j.table.Servers(d.Node), doc.Stem(path.Base(d.Node)))
	for _, u := range j.docs {
		unit := owner.UnitOf(u.Node)
		if u.Format == reader.Unit && u.Of(r) && slices.ContainsFunc(names, func(name string) bool { return unit == name || strings.HasSuffix(unit, "-"+name) }) {
			if dir := workingDirectory(u.Text); dir != "" {
				return dir
			}
		}
	}
	for _, c := range j.docs {
		if c.Format != reader.Shell || c.Build || !c.Of(r) {
			continue
		}
		for _, name := range names {
			if dir := folderBefore(c.Text, "/bin/"+name); dir != "" {
				return dir
			}
		}
	}
	return ""
}

// workingDirectory is the folder that a unit's program runs in: what the unit says, or
// else the folder with the program's bin; "" where neither is known.
func workingDirectory(unit string) string {
	program := ""
	for _, l := range reader.UnitLines(unit) {
		switch {
		case l.Key == "WorkingDirectory" && strings.HasPrefix(l.Value, "/") && !strings.ContainsAny(l.Value, "$%"):
			return l.Value
		case l.Key == "ExecStart":
			for _, word := range strings.Fields(strings.TrimLeft(l.Value, "-@+!:")) {
				if dir := path.Dir(word); path.Base(dir) == "bin" && ownBin(dir) && !strings.ContainsAny(word, "$%") {
					program = path.Dir(dir)
					break
				}
			}
		}
	}
	return program
}

// ownBin reports whether a folder called bin is some program's, not the system's.
func ownBin(dir string) bool {
	return strings.HasPrefix(dir, "/") && dir != "/bin" && dir != "/usr/bin" && dir != "/usr/local/bin"
}

// folderBefore is the folder before the first bin of a program's own in a text that is
// named so.
func folderBefore(text, bin string) string {
	for rest := text; ; {
		at := strings.Index(rest, bin)
		if at < 0 {
			return ""
		}
		start := at
		for start > 0 && (doc.IsNameByte(rest[start-1]) || strings.IndexByte("/-", rest[start-1]) >= 0) {
			start--
		}
		if dir := rest[start:at]; ownBin(dir + "/bin") {
			return dir
		}
		rest = rest[at+len(bin):]
	}
}
