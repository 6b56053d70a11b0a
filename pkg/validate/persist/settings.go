package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// readSettings notes what the settings of a configuration file say.
func (j *project) readSettings(d *doc.Doc, r *doc.Role) {
	for _, s := range j.settingsOf(d) {
		if s.Value = expand(s.Value, r); d.Format == reader.Python && reader.Unset(s.Value) || isEndOfSum(d, s) {
			continue
		}
		j.setting(d, r, s, "")
	}
}

// isEndOfSum reports whether a value is what is put behind something else: log_root + "/error.log".
func isEndOfSum(d *doc.Doc, s reader.Setting) bool {
	if d.Format != reader.Lines || s.Offset <= 0 || s.Offset > len(d.Text) {
		return false
	}
	return strings.HasSuffix(strings.TrimRight(d.Text[:s.Offset], ` 	"'`), "+")
}

// settingsOf reads a file once, for all roles and whatever parameters are.
func (j *project) settingsOf(d *doc.Doc) []reader.Setting {
	id := d.Node + "\x00" + d.Text
	list, ok := j.read[id]
	if !ok {
		list = reader.Read(d.Node, d.Text)
		j.read[id] = list
	}
	return append([]reader.Setting(nil), list...)
}

// expand replaces the variables that a role's environment knows.
func expand(value string, r *doc.Role) string {
	return reader.Expand(value, func(name string) (string, bool) {
		if v := r.Vars[name]; len(v) > 0 && strings.HasPrefix(v[0].Text, "/") {
			return v[0].Text, true
		}
		return "", false
	})
}

// setting notes one setting: by what the table knows of it, else by its name and
// its value together. command is the program whose option it is.
func (j *project) setting(d *doc.Doc, r *doc.Role, s reader.Setting, command string) {
	file := d.Node
	if command != "" {
		file = ""
	}
	if s.Made != "" {
		e := shell.Event{Op: shell.Made, Path: s.Value, Name: s.Made}
		if s.Guard {
			e.Guards = []string{s.Value}
		}
		j.writtenOnce(d, r, e, s.Offset)
		return
	}
	j.noteNamed(d, r, s, command)
	j.noteRooted(d, r, s, command)
	if command == "" {
		j.noteServed(d, r, s)
	}
	m := j.table.Lookup(file, command, s.Key)
	j.noteSpare(r, s, m)
	if strings.HasPrefix(s.Key, "-") && !m.Sure() { // a letter tells nothing, if the path does not
		if kind := j.table.Path(s.Value); kind == known.Log && strings.Contains("-l -o -L -e", s.Key) {
			j.put(site{doc: d, role: r, path: s.Value, kind: kind, sure: validate.Likely, why: "the option " + s.Key + " of " + command, offset: s.Offset, setting: true})
		}
		return
	}
	sets, unless := m.Key, ""
	if m.Sure() && command != "" && strings.HasPrefix(s.Key, "default.") && m.Key != s.Key {
		sets, unless = "default."+m.Key, m.Key // it counts where the configuration file says nothing
	}
	if m.Sure() && d.Given == "" {
		j.noteSet(r, sets)
		j.noteSet(r, known.OfServer(m.App, m.Key))
	}
	moot, doubt := j.table.Moot(d.Node, d.Text, s.Key, s.Offset)
	if command == "" && moot || m.Sure() && !j.heeds(r.Itself(), m.Key) {
		return
	}
	below := s.Value
	inHome := (m.Sure() || command == "" && known.Database(s.Value)) && j.belowHome(d, r.Itself(), m, &s)
	m.Output = m.Output || aboutLogs(d.Node) && (m.Place || strings.HasSuffix(s.Key, ".args"))
	kind, sure := j.weigh(m, s)
	if s.From != "" {
		kind, sure = j.copied(s, kind, sure)
	}
	if s.Write && (kind == known.None || kind == known.Unknown) && !m.Never {
		kind, sure = j.kept(s.Key, s.Value), validate.Likely
	}
	if kind == known.Unknown || kind == known.None || m.Kind == known.Unknown && !s.Write && aboveMount(r.Itself(), s.Value) {
		return
	}
	if inHome {
		sure = lower(sure, validate.Likely)
	}
	if command == "" && doubt && !j.area(s.Value) || isHome(m, s.Key) && !j.area(s.Value) {
		sure = validate.Guess
	}
	at := site{doc: d, role: r, path: s.Value, kind: kind, sure: sure, why: because(m, s.Key, kind), offset: s.Offset, setting: true, key: s.Key, unless: unless}
	if j.table.Daemons(s.Of) != nil {
		at.key = s.Of
	}
	if m.Sure() {
		at.server = m.App
	}
	if inHome {
		at.below = below
	}
	j.put(at)
	if given := j.givenBy[ansible.RoleFolder(d.Rel)+"\x00"+s.Value]; given != nil && strings.HasSuffix(d.Rel, ".j2") {
		at.from = given
		j.put(at)
	}
}

// isHome reports whether a setting says where a program lives or runs: it may write
// elsewhere alone.
func isHome(m known.Meaning, key string) bool {
	return strings.HasSuffix(key, "WorkingDirectory") || m.Kind == known.Unknown && strings.HasSuffix(strings.ToLower(key), "home")
}

func because(m known.Meaning, key string, kind known.Kind) string {
	name := key[strings.LastIndexByte(key, '.')+1:]
	switch {
	case m.Sure() && strings.HasSuffix(m.App, "s"):
		return m.App + "' " + name
	case m.Sure():
		return m.App + "'s " + name
	case m.Kind != known.Unknown:
		return "by its name, " + name
	}
	return "by its path"
}

// weigh decides what a setting holds, and how sure that is.
func (j *project) weigh(m known.Meaning, s reader.Setting) (known.Kind, validate.Confidence) {
	byPath := j.table.Path(s.Value)
	inArea := j.area(s.Value) && byPath != known.Unknown
	switch {
	case m.Sure() && m.Kind == known.None, m.Never, strings.HasPrefix(s.Value, "/var/lib/systemd/"), byPath == known.None && !m.Sure(), m.Kind == known.None && !s.Write && !inArea:
		return known.None, validate.Guess
	case m.Sure():
		return m.Kind, validate.Certain
	case s.Later && !s.Write:
		return known.Unknown, validate.Guess
	case s.Write && byPath != known.Unknown:
		return byPath, validate.Certain
	case s.Write && j.area(s.Value):
		return known.Data, validate.Likely
	case m.Kind == known.None:
		return byPath, validate.Likely
	case m.Kind != known.Unknown && (m.Place && j.plausible(s.Value) || byPath == m.Kind || strings.HasPrefix(s.Value, "/var/lib/") || j.area(s.Value)):
		return m.Kind, j.certainBelow(s.Value, validate.Likely)
	case byPath == known.Data && m.Place && (strings.HasPrefix(s.Value, "/var/lib/") || strings.HasPrefix(s.Value, "/var/spool/")):
		return known.Data, validate.Likely
	case byPath == known.Data && known.Database(s.Value) && !j.brought(s.Value), byPath != known.Unknown && byPath != known.Log && m.Place && j.plausible(s.Value) && j.table.Path("/"+path.Base(s.Value)) == byPath:
		return byPath, validate.Likely
	case byPath == known.Log && m.Output:
		return known.Log, validate.Likely
	case inArea:
		return byPath, validate.Likely
	}
	return known.Unknown, validate.Guess
}

// aboveMount reports whether a path is that of a folder in which a volume of the role's
// is mounted: what the path says of what lies there is true of the volume.
func aboveMount(r *doc.Role, p string) bool {
	at := disk.Clean(p)
	return slices.ContainsFunc(r.Mounts, func(m string) bool { m = disk.Clean(m); return m != at && disk.Under(m, at) })
}

// copied says what a copy is. On Windows a folder, or an archive, of what lies on a
// volume is a backup of it.
func (j *project) copied(s reader.Setting, kind known.Kind, sure validate.Confidence) (known.Kind, validate.Confidence) {
	switch end := strings.ToLower(path.Ext(strings.ReplaceAll(s.Value, `\`, "/"))); {
	case strings.HasPrefix(s.Value, "/"): // what a program copies to the system disk may be what it needs there
		if s.Key == "archive" && j.onVolume(s.From) {
			return known.Backup, validate.Likely
		}
		if kind == known.Backup || j.onVolume(s.From) && kind == known.Data {
			return kind, validate.Likely
		}
		return known.None, validate.Guess
	case kind != known.Unknown && kind != known.None:
		return kind, sure
	case !j.onVolume(s.From) || j.table.Path(s.From) == known.None:
	case slices.Contains([]string{".zip", ".bak", ".7z", ".rar", ".gz", ".tgz", ".tar", ".wim", ".vhd", ".vhdx"}, end), end == "" && kind == known.Unknown && path.Ext(strings.ReplaceAll(s.From, `\`, "/")) == "":
		return known.Backup, validate.Likely
	}
	return kind, sure
}

// onVolume reports whether a path lies on a volume of some role's.
func (j *project) onVolume(p string) bool {
	for _, r := range j.roles {
		if len(r.Mounts) > 0 && j.disk.Where(p, r.Mounts) == disk.Volume {
			return true
		}
	}
	return false
}

// aboutLogs reports whether a file configures logs alone.
func aboutLogs(node string) bool {
	for _, w := range known.Words(path.Base(node)) {
		switch w {
		case "logging", "logger", "loggers", "logback", "log4j", "log4j2", "nlog", "log4net", "serilog":
			return true
		}
	}
	return false
}

// certainBelow is certain for paths below folders that hold nothing but logs and
// data, and where the app has its volumes.
func (j *project) certainBelow(p string, otherwise validate.Confidence) validate.Confidence {
	if strings.HasPrefix(p, "/var/log/") || strings.HasPrefix(p, "/var/lib/") || j.area(p) {
		return validate.Certain
	}
	return otherwise
}

// brought reports whether a path lies where programs have what they bring with them.
func (j *project) brought(p string) bool {
	prefix, _ := disk.Known(p)
	return !j.area(p) && (disk.Under(prefix, "/usr/share") || disk.Under(prefix, "/usr/local/share"))
}

// plausible reports whether a path is likely one of this machine's disk: it is
// neither one of a web server nor one of ZooKeeper or HDFS.
func (j *project) plausible(p string) bool {
	if j.brought(p) {
		return false
	}
	prefix, _ := disk.Known(p)
	first, _, _ := strings.Cut(strings.TrimPrefix(prefix, "/"), "/")
	switch first {
	case "var", "opt", "home", "root", "usr", "srv", "mnt", "media", "storage", "export", "logs", "log", "backup", "backups", "app",
		"www", "work", "workspace", "workdir", "models", "apps", "server", "local", "disk", "nfs":
		return true
	}
	return strings.HasPrefix(first, "data") || strings.HasPrefix(first, "disk") || strings.HasPrefix(first, "mnt") || len(prefix) > 2 && prefix[1] == ':' || j.area(p)
}
