package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// dated matches what puts a date into a name.
var dated = lazyregexp.New("(?:\\$\\(|`)date\\b|\\$\\{?(?i:now|today|date|day|stamp|timestamp|ts|dt|month|year)\\b")

// recorded says what lies in a file that a script adds to, or that has the date in its
// name, where that name says nothing else, or looks like configuration: reports, counts,
// lists of what happened. A script that confd runs may do so at each boot; what is added
// to configuration, or to a file that the script has emptied before, is no record.
func (j *project) recorded(d *doc.Doc, e shell.Event, kind known.Kind) known.Kind {
	line := d.LineAt(e.Use.Offset)
	byDate := strings.Contains(path.Base(e.Path), "$") && dated.MatchString(line[strings.LastIndexByte(line, '>')+1:])
	dir := path.Dir(e.Path)
	switch {
	case e.Op != shell.Append && (e.Op != shell.Write || !byDate || e.Command == "tar"), d.Generated, !strings.HasPrefix(e.Path, "/"), j.dests[disk.Clean(e.Path)]:
		return known.Unknown
	case kind != known.None && kind != known.Unknown, kind == known.None && !known.Record(e.Path), j.table.Path(dir) == known.None:
		return known.Unknown
	case !byDate && (!known.Record(e.Path) || !counts(d, e, line) || emptied(d.Text, path.Base(e.Path))):
		return known.Unknown
	}
	if k := j.table.Path(dir); k != known.Unknown {
		return k
	}
	return known.State
}

// counts reports whether what a script adds to a file is what it saw: a line with the
// time, one of a table, the output of a program. Other lines may be settings.
func counts(d *doc.Doc, e shell.Event, line string) bool {
	switch e.Command {
	case "cat":
		return false
	case "", "echo", "printf":
		end := path.Ext(e.Path)
		return dated.MatchString(line) || doc.IsPeriodic(d.Node) || strings.HasPrefix(path.Base(path.Dir(d.Node)), "cron") ||
			end == ".csv" || end == ".tsv" || end == ".jsonl" || end == ".ndjson"
	}
	return true
}

// emptied reports whether a script removes a file, or begins it anew, by its name.
func emptied(text, base string) bool {
	base, _, _ = strings.Cut(base, "$")
	if base == "" {
		return false
	}
	for line := range strings.Lines(text) {
		at := strings.Index(line, base)
		if at < 0 {
			continue
		}
		before := strings.TrimRight(line[:at], "/\"'")
		to := strings.LastIndexByte(before, '>')
		if to >= 0 && !strings.ContainsAny(before[to+1:], ";&|") && (to == 0 || before[to-1] != '>') || strings.Contains(before, "rm ") || strings.Contains(before, "truncate ") || strings.Contains(line[at:], "| tee ") {
			return true
		}
	}
	return false
}

// copies reports whether a job copies what lies on a volume to the system disk: a mirror,
// an archive, a copy by date. Other scripts may put back what a program needs.
func (j *project) copies(d *doc.Doc, e shell.Event) bool {
	if e.From == "" || e.From == e.Path || !j.area(e.From) || j.area(e.Path) || d.Generated || strings.HasPrefix(e.Path, "/etc/") {
		return false
	}
	switch j.table.Path(e.From) {
	case known.None, known.Unknown:
		return false
	}
	if e.Op == shell.Copy && j.table.Path(e.Path) == known.None && path.Ext(e.Path) == "" {
		return false // a folder of programs
	}
	return e.Op == shell.Write || strings.HasPrefix(path.Base(path.Dir(d.Node)), "cron") || doc.IsPeriodic(d.Node) || slices.ContainsFunc(known.Words(doc.Stem(path.Base(d.Node))), func(w string) bool {
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
