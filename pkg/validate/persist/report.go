package persist

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// report makes a finding of a verdict.
func (v verdict) report(p *validate.Package, r *validate.Reporter) {
	shown := *v.site
	shown.path = madeUp.ReplaceAllString(v.path, "…")
	v.site = &shown
	pos := shown.pos()
	f := r.At(pos, "%s", v.message()).In(v.role.Name).With(v.confidence).As(severity(v.confidence))
	f.Path, f.Kind = v.path, string(v.kind)
	f.EndLine, f.EndCol = endOf(p, pos, shown.path)
	f.Mounts = append(f.Mounts, v.role.Mounts...)
	if v.from != nil {
		if used := v.doc.Pos(v.offset); used.File != pos.File || used.Line != pos.Line {
			f.Origin = r.Origin(used)
		}
	}
	f.WithFix("%s", v.fix())
	if v.confidence == validate.Guess && v.absent == "" {
		v.together(f, pos)
	}
}

// together makes one finding of what is guessed of a file for one role: mostly that it is
// the role's at all, and then either all are right or none is.
func (v verdict) together(f *validate.Finding, pos diag.Pos) {
	type guess struct{ role, file string }
	f.AndMore(guess{v.role.Name, pos.File}, v.path, "and so is 1 more path of the file", "and so are %d more paths of the file")
}

// endOf is the place behind a path, where the file has the path as it is; else
// its end is not known.
func endOf(p *validate.Package, at diag.Pos, path string) (line, col int) {
	text := []rune(p.Line(at.File, at.Line))
	if at.Col < 1 || at.Col > len(text) || path == "" || !strings.HasPrefix(string(text[at.Col-1:]), path) {
		return 0, 0
	}
	return at.Line, at.Col + utf8.RuneCountInString(path)
}

// madeUp matches what stands for a part of a path that is not known.
var madeUp = lazyregexp.New(`\$_+`)

func severity(c validate.Confidence) validate.Severity {
	switch c {
	case validate.Certain:
		return validate.Error
	case validate.Likely:
		return validate.Warning
	}
	return validate.Info
}

func (v verdict) message() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q is on the system disk, which is lost at every stop: %s", v.kind, v.path, v.why)
	d, offset := v.at()
	rendered := ""
	if line := d.LineAt(offset); line != "" && d.Generated {
		rendered = ": " + short(line)
	}
	switch given := v.doc.Given; {
	case given != "":
		fmt.Fprintf(&b, " (rendered with %s%s)", given, rendered)
	case rendered != "":
		fmt.Fprintf(&b, " (rendered%s)", rendered)
	}
	switch mounts := v.role.Mounts; {
	case len(mounts) == 0:
		fmt.Fprintf(&b, "; %s has no volume", v.roleName())
	default:
		fmt.Fprintf(&b, "; the volume of %s is at %s", v.roleName(), strings.Join(mounts, ", "))
	}
	if v.absent != "" {
		fmt.Fprintf(&b, "; whether %s links it there cannot be told: the repository does not have it", v.absent)
	}
	return b.String()
}

func (v verdict) roleName() string {
	if v.role.Name == "" {
		return "the role"
	}
	return fmt.Sprintf("role %q", v.role.Name)
}

// short is a line as a message may show it.
func short(line string) string {
	if runes := []rune(line); len(runes) > 120 {
		return string(runes[:117]) + "…"
	}
	return line
}

func (v verdict) fix() string {
	if len(v.role.Mounts) == 0 && v.inArea {
		return fmt.Sprintf("give %s a volume in cluster.json.mustache, mounted above %s, or keep its %s elsewhere", v.roleName(), v.path, v.kind)
	}
	if len(v.role.Mounts) == 0 {
		return fmt.Sprintf("give %s a volume in cluster.json.mustache, and keep its %s below the mount point", v.roleName(), v.kind)
	}
	better := better(v.role.Mounts[0], v.path)
	if strings.Contains(v.role.Mounts[0], ":") {
		better = v.role.Mounts[0] + `\` + string(v.kind)
	}
	if v.boxed {
		return fmt.Sprintf("mount %s into the container at %s", better, strings.TrimRight(v.path, "/"))
	}
	return fmt.Sprintf("use %s, or make %s a link to it in init", better, strings.TrimRight(v.path, "/"))
}

// better is a place on a volume for what lies at p: below the mount point, with
// those parts of p that tell what it is.
func better(mount, p string) string {
	parts := strings.FieldsFunc(p, func(c rune) bool { return c == '/' })
	for len(parts) > 1 && tellsNothing(parts[0]) {
		if parts[0] == "home" && len(parts) > 2 {
			parts = parts[1:] // the user's name
		}
		parts = parts[1:]
	}
	if len(parts) > 3 {
		parts = parts[len(parts)-3:]
	}
	if len(parts) > 0 {
		parts[0] = strings.TrimPrefix(parts[0], ".")
	}
	return path.Join(append([]string{mount}, parts...)...)
}

// tellsNothing reports whether a folder at the beginning of a path says only which
// part of the system disk it is.
func tellsNothing(part string) bool {
	switch part {
	case "var", "lib", "opt", "usr", "local", "share", "srv", "root", "home", "tmp", "etc", "mnt", "data", "spool", "run":
		return true
	}
	return strings.HasPrefix(part, "$")
}
