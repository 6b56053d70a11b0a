package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// maxTasks bounds how much of a playbook is read.
const maxTasks = 2000

// readPlaybook reads the tasks of a playbook: links that it makes, lines that it
// puts into files, scripts that it runs when the image is made, cron jobs.
func (j *project) readPlaybook(d *doc, r *role) {
	if isVariables(d.rel) {
		j.readVariables(d, r)
		return
	}
	left := maxTasks
	var walk func(n *reader.Node, depth int)
	walk = func(n *reader.Node, depth int) {
		if left--; left < 0 || depth > 12 {
			return
		}
		for _, c := range n.Children {
			j.task(d, r, n, c)
			walk(c, depth+1)
		}
	}
	walk(reader.ParseYAML(d.text), 0)
}

// readVariables judges the variables that a role of ansible brings with it, unless
// something else sets them, too.
func (j *project) readVariables(d *doc, r *role) {
	inner := d.part(d.node, d.text, 0, d.format)
	inner.build = false
	for _, n := range reader.ParseYAML(d.text).Children {
		if value := j.fill(d, n.Value); n.Key != "" && reader.IsPath(value) && !n.Block && !j.alsoSet(d, n.Key) {
			j.setting(inner, r, reader.Setting{Key: n.Key, Value: value, Offset: n.Offset}, "")
		}
	}
}

// alsoSet reports whether another file of ansible's sets a variable.
func (j *project) alsoSet(d *doc, name string) bool {
	return slices.ContainsFunc(j.docs, func(other *doc) bool {
		return other != d && other.build && other.format == reader.YAML && strings.Contains(other.text, name+":")
	})
}

// module is the name of a task's module, without its collection.
func module(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// task reads one module of a task.
func (j *project) task(d *doc, r *role, task, m *reader.Node) {
	switch module(m.Key) {
	case "file":
		j.fileTask(d, r, task, m)
	case "win_file":
		j.folderTask(d, r, task, m)
	case "mount":
		a := arguments(m)
		mounted(j.disk, shell.Event{Path: first(a, "path", "name"), From: first(a, "src")})
	case "shell", "command", "raw", "script":
		j.shellTask(d, r, m)
	case "copy", "lineinfile", "blockinfile", "replace", "ini_file", "win_copy", "win_lineinfile":
		j.textTask(d, r, m)
	case "cron":
		if job := m.Get("job"); job != nil {
			run := d.part("cron.sh", job.Value, job.Offset, reader.Shell)
			run.build = false
			j.readScript(run, r, 1)
		}
	}
}

// braced matches a word, with the expressions in it, which have spaces.
var braced = lazyregexp.New(`(?:\{\{.*?\}\}|"[^"]*"|'[^']*'|\S)+`)

// arguments are a module's arguments: of a mapping, or of key=value words.
func arguments(m *reader.Node) map[string]string {
	out := map[string]string{}
	for _, c := range m.Children {
		out[c.Key] = c.Value
	}
	for _, word := range braced.FindAllString(m.Value, 100) {
		if k, v, ok := strings.Cut(word, "="); ok {
			out[k] = strings.Trim(v, `"'`)
		}
	}
	return out
}

func first(a map[string]string, keys ...string) string {
	for _, k := range keys {
		if a[k] != "" {
			return a[k]
		}
	}
	return ""
}

// fileTask notes a link, or a folder; once for each item of a loop.
func (j *project) fileTask(d *doc, r *role, task, m *reader.Node) {
	a := arguments(m)
	if a["state"] == "directory" {
		j.folderTask(d, r, task, m)
	}
	if a["state"] != "link" {
		return
	}
	at, target := first(a, "path", "dest", "name"), a["src"]
	for _, item := range items(task) {
		at, target := j.fill(d, item.fill(at)), j.fill(d, item.fill(target))
		j.disk.Symlink(at, target)
		j.alias(at, target)
	}
}

// folderTask notes a folder that is made for logs or data: that the image has it
// says that something is put there.
func (j *project) folderTask(d *doc, r *role, task, m *reader.Node) {
	a := arguments(m)
	name := first(a, "path", "dest", "name")
	if a["state"] != "directory" || name == "" {
		return
	}
	for _, item := range items(task) {
		folder, offset := j.fill(d, item.fill(name)), argumentAt(m, name)
		if item.word != "" && item.offset > 0 && strings.Contains(name, "item") {
			offset = item.offset
		}
		kind := j.table.Path(folder)
		if kind == known.Unknown && j.area(folder) {
			kind = known.Data
		}
		inner := d.part(d.node, d.text, 0, d.format)
		inner.build = false
		j.put(site{doc: inner, role: r, path: folder, kind: kind, sure: validate.Likely, why: "a task makes the folder", offset: offset})
		if given := j.givenBy[roleFolder(d.rel)+"\x00"+folder]; given != nil && kind != known.None {
			j.put(site{doc: inner, role: r, path: folder, kind: kind, sure: validate.Likely, why: "a task makes the folder", offset: offset, from: given})
		}
	}
}

// argumentAt is where the value of an argument stands.
func argumentAt(m *reader.Node, value string) int {
	for _, c := range m.Children {
		if c.Value == value {
			return c.Offset
		}
	}
	return m.Offset + max(strings.Index(m.Value, value), 0)
}

// item is what a loop goes through: a word, or a mapping.
type item struct {
	word   string
	fields map[string]string
	offset int
}

func items(task *reader.Node) []item {
	out := []item{{}}
	for _, key := range []string{"with_items", "loop", "with_list"} {
		loop := task.Get(key)
		if loop == nil {
			continue
		}
		for _, c := range loop.Children {
			if len(out) < 100 {
				out = append(out, item{c.Value, arguments(c), c.Offset})
			}
		}
	}
	if len(out) > 1 {
		return out[1:]
	}
	return out
}

// fill puts an item in the place of {{ item }}. Other expressions stay.
func (i item) fill(text string) string {
	done := ""
	for {
		start := strings.Index(text, "{{")
		end := strings.Index(text, "}}")
		if start < 0 || end < start {
			return done + text
		}
		name := strings.TrimSpace(text[start+2 : end])
		value := "$_"
		switch field, ok := strings.CutPrefix(name, "item."); {
		case name == "item" && i.word != "":
			value = i.word
		case ok && i.fields[field] != "":
			value = i.fields[field]
		case name != "item" && !ok: // a variable of ansible's
			done += text[:end+2]
			text = text[end+2:]
			continue
		}
		text = text[:start] + value + text[end+2:]
	}
}

// shellTask reads what is run when the image is made.
func (j *project) shellTask(d *doc, r *role, m *reader.Node) {
	for _, n := range []*reader.Node{m, m.Get("cmd"), m.Get("argv")} {
		if n != nil && n.Value != "" {
			j.readScript(d.part("task.sh", j.fill(d, n.Value), n.Offset, reader.Shell), r, 1)
		}
	}
}

// textTask reads what a task puts into a file.
func (j *project) textTask(d *doc, r *role, m *reader.Node) {
	a := arguments(m)
	name := j.fill(d, first(a, "path", "dest", "name"))
	for _, key := range []string{"content", "line", "block", "replace"} {
		if a[key] == "" {
			continue
		}
		text := j.fill(d, a[key])
		inner := d.part(name, text, argumentAt(m, a[key]), reader.FormatOf(name, text))
		inner.build, inner.generated = false, true
		j.readDoc(inner, r, 1)
	}
	if a["option"] != "" && a["value"] != "" {
		line := a["option"] + " = " + j.fill(d, a["value"])
		if a["section"] != "" {
			line = "[" + a["section"] + "]\n" + line
		}
		inner := d.part(name, line, argumentAt(m, a["value"]), reader.Lines)
		inner.build = false
		j.readDoc(inner, r, 1)
	}
}
