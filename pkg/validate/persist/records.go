package persist

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// dated matches what puts a date into a name.
var dated = regexp.MustCompile("(?:\\$\\(|`)date\\b|\\$\\{?(?i:now|today|date|day|stamp|timestamp|ts|dt|month|year)\\b")

// recorded says what lies in a file that a script adds to where its name alone says
// nothing, or that of configuration: reports, counts, lists of what happened. A script
// that confd runs may do so at each boot; what is added to configuration is no record.
func (j *project) recorded(d *doc, e shell.Event, kind known.Kind) known.Kind {
	byDate := dated.MatchString(d.lineAt(e.Use.Offset)) && strings.Contains(path.Base(e.Path), "$")
	if e.Op != shell.Append && (e.Op != shell.Write || !byDate || e.Command == "tar") || d.generated || kind != known.None && kind != known.Unknown || !strings.HasPrefix(e.Path, "/") || j.dests[disk.Clean(e.Path)] {
		return known.Unknown
	}
	dir := path.Dir(e.Path)
	if j.table.Path(dir) == known.None || !byDate && (!known.Record(e.Path) || e.Command == "cat") {
		return known.Unknown
	}
	if k := j.table.Path(dir); k != known.Unknown {
		return k
	}
	return known.State
}

// copies reports whether a job copies what lies on a volume to the system disk: a mirror,
// an archive, a copy by date. Other scripts may put back what a program needs.
func (j *project) copies(d *doc, e shell.Event) bool {
	if e.From == "" || e.From == e.Path || !j.area(e.From) || j.area(e.Path) || d.generated || strings.HasPrefix(e.Path, "/etc/") {
		return false
	}
	switch j.table.Path(e.From) {
	case known.None, known.Unknown:
		return false
	}
	if e.Op == shell.Copy && j.table.Path(e.Path) == known.None && path.Ext(e.Path) == "" {
		return false // a folder of programs
	}
	return e.Op == shell.Write || strings.HasPrefix(path.Base(path.Dir(d.node)), "cron") || isPeriodic(d.node) || slices.ContainsFunc(known.Words(stem(path.Base(d.node))), func(w string) bool {
		switch w {
		case "backup", "backups", "archive", "snapshot", "dump", "mirror", "bak", "export":
			return true
		}
		return false
	})
}

// kept says what lies in a file of a program's whose name is like that of configuration:
// one that it adds to, or keeps where services have their state. key is how it opens it.
func (j *project) kept(key, p string) known.Kind {
	dir := path.Dir(strings.ReplaceAll(p, `\`, "/"))
	switch kind := j.table.Path(dir); {
	case key != "open_a" && key != "open_w" || key == "open_w" && known.Sample(p) || !known.Record(p) || disk.Under(disk.Clean(p), "/etc"):
		return known.None
	case key == "open_a" && kind == known.Unknown, key == "open_w" && strings.HasPrefix(p, "/var/lib/") && kind == known.Data:
		return known.State
	case key == "open_a":
		return kind
	}
	return known.None
}
