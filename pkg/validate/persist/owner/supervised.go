package owner

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// Supervised is a program that supervisord starts: [program:name], and what its command
// is, at an offset of the file.
type Supervised struct {
	Name, Command, Directory string
	Offset                   int
	Asked                    bool // autostart=false: it waits for supervisorctl
}

// SupervisedBy are the programs of a file of supervisord's.
func SupervisedBy(text string) []Supervised {
	var out []Supervised
	for _, s := range sectionLines(text) {
		name, ok := strings.CutPrefix(s.section, "program:")
		if !ok {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Name != name {
			out = append(out, Supervised{Name: name})
		}
		p := &out[len(out)-1]
		switch s.key {
		case "command":
			p.Command, p.Offset = inFormat.Replace(s.value), s.offset
		case "directory":
			p.Directory = s.value
		case "autostart":
			p.Asked = strings.EqualFold(s.value, "false") || s.value == "0" || strings.EqualFold(s.value, "no")
		}
	}
	return out
}

// SupervisedAt is the program of supervisord's that a file tells of at an offset, and whether
// it waits until it is asked for; "" where the file tells of none.
func SupervisedAt(d *doc.Doc, offset int) (name string, waits bool) {
	before := d.Text[:min(max(offset, 0), len(d.Text))]
	head := strings.LastIndex(before, "\n[")
	if d.Format != reader.Lines || head < 0 && !strings.HasPrefix(before, "[") {
		return "", false
	}
	m := program.FindStringSubmatch(before[head+1:])
	if m == nil {
		return "", false
	}
	for _, p := range SupervisedBy(d.Text) {
		waits = waits || p.Name == m[1] && p.Asked
	}
	return m[1], waits
}

// inFormat makes words of what supervisord fills in itself: %(ENV_X)s.
var inFormat = strings.NewReplacer("%(", "%_", ")s", "_s")

// sectionLine is key = value below a head of a section.
type sectionLine struct {
	section, key, value string
	offset              int // of the value
}

func sectionLines(text string) []sectionLine {
	var out []sectionLine
	section, offset := "", 0
	for line := range strings.Lines(text) {
		body := strings.TrimSpace(line)
		if strings.HasPrefix(body, "[") && strings.HasSuffix(body, "]") {
			section = strings.Trim(body, "[] \t")
			out = append(out, sectionLine{section: section, offset: offset})
		} else if key, value, ok := strings.Cut(body, "="); ok && !strings.HasPrefix(body, ";") && !strings.HasPrefix(body, "#") {
			value = strings.TrimSpace(value)
			out = append(out, sectionLine{section, strings.TrimSpace(key), value, offset + strings.LastIndex(line, value)})
		}
		offset += len(line)
	}
	return out
}

// supervised notes the programs that a role's supervisord starts by a file, or by its
// own where it is told none, and what their commands start.
func (a *Attribution) supervised(file string, r *doc.Role) []string {
	var out []string
	for _, d := range a.ofSupervisor(orOwn(file), r) {
		for _, p := range SupervisedBy(d.Text) {
			if p.Asked {
				continue
			}
			a.Duties.add(p.Name, r, false)
			a.Duties.Busy[r] = true
			out = append(out, p.Name)
			out = append(out, a.startedBy(d.Part(d.Node, p.Command, p.Offset, reader.Shell), r, 1, false)...)
		}
	}
	return out
}

// ofSupervisor are the files that a role's supervisord reads: the one that it is told, and those
// that this includes.
func (a *Attribution) ofSupervisor(file string, r *doc.Role) []*doc.Doc {
	reads := func(d *doc.Doc) bool { return d.Format == reader.Lines && (d.Role == nil || d.Role == r) && !d.Command }
	var out []*doc.Doc
	for _, d := range nearest(a.ByBase[path.Base(file)], file) {
		if !reads(d) {
			continue
		}
		out = append(out, d)
		for _, s := range sectionLines(d.Text) {
			if s.section != "include" || s.key != "files" {
				continue
			}
			for _, pattern := range strings.Fields(s.value) {
				out = append(out, a.matching(pattern, path.Dir(file), reads)...)
			}
		}
	}
	return out
}

// matching are the files of nodes that a pattern finds from a folder.
func (a *Attribution) matching(pattern, dir string, such func(*doc.Doc) bool) []*doc.Doc {
	if !path.IsAbs(pattern) {
		pattern = path.Join(dir, pattern)
	}
	var out []*doc.Doc
	for _, d := range a.Docs {
		if ok, err := path.Match(pattern, d.Node); err == nil && ok && such(d) && len(out) < 100 {
			out = append(out, d)
		}
	}
	return out
}

// orOwn is the file that supervisord reads.
func orOwn(file string) string {
	if file == "" {
		return "/etc/supervisor/supervisord.conf"
	}
	return file
}

// ofGroup are the programs that supervisorctl means by a name: those of a group in
// web:*, the one behind the colon in web:app, else what is called so.
func (a *Attribution) ofGroup(name string) []string {
	group, program, ok := strings.Cut(name, ":")
	if !ok {
		return []string{name}
	}
	if program != "" && program != "*" {
		return []string{program}
	}
	out := []string{group}
	for _, d := range a.Docs {
		if d.Format != reader.Lines || !strings.Contains(d.Text, "[group:") {
			continue
		}
		for _, s := range sectionLines(d.Text) {
			if strings.EqualFold(s.section, "group:"+group) && s.key == "programs" {
				out = append(out, strings.FieldsFunc(strings.ToLower(s.value), func(c rune) bool { return c == ',' || c == ' ' })...)
			}
		}
	}
	return slices.Compact(out)
}
