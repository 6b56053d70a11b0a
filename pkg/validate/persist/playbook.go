package persist

import (
	"regexp"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// maxTasks bounds how much of a playbook is read.
const maxTasks = 2000

// readPlaybook reads the tasks of a playbook: links that it makes, lines that it
// puts into files, scripts that it runs when the image is made, cron jobs.
func (j *project) readPlaybook(d *doc, r *role) {
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

// module is the name of a task's module, without its collection.
func module(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// task reads one module of a task.
func (j *project) task(d *doc, r *role, task, m *reader.Node) {
	switch module(m.Key) {
	case "file":
		j.fileTask(task, arguments(m))
	case "mount":
		a := arguments(m)
		j.mounted(shell.Event{Path: first(a, "path", "name"), From: first(a, "src")})
	case "shell", "command", "raw", "script":
		j.shellTask(d, r, m)
	case "copy", "lineinfile", "blockinfile", "replace", "ini_file":
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
var braced = regexp.MustCompile(`(?:\{\{.*?\}\}|"[^"]*"|'[^']*'|\S)+`)

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

// fileTask notes a link; once for each item of a loop.
func (j *project) fileTask(task *reader.Node, a map[string]string) {
	if a["state"] != "link" {
		return
	}
	at, target := first(a, "path", "dest", "name"), a["src"]
	for _, item := range items(task) {
		j.disk.Symlink(item.fill(at), item.fill(target))
		j.alias(item.fill(at), item.fill(target))
	}
}

// item is what a loop goes through: a word, or a mapping.
type item struct {
	word   string
	fields map[string]string
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
				out = append(out, item{c.Value, arguments(c)})
			}
		}
	}
	if len(out) > 1 {
		return out[1:]
	}
	return out
}

// fill puts an item in the place of {{ item }}. Other expressions become
// variables.
func (i item) fill(text string) string {
	for {
		start := strings.Index(text, "{{")
		end := strings.Index(text, "}}")
		if start < 0 || end < start {
			return text
		}
		name := strings.TrimSpace(text[start+2 : end])
		value := "$_"
		switch field, ok := strings.CutPrefix(name, "item."); {
		case name == "item" && i.word != "":
			value = i.word
		case ok && i.fields[field] != "":
			value = i.fields[field]
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
	for _, key := range []string{"content", "line", "block", "replace", "insertafter"} {
		if n := m.Get(key); n != nil && n.Value != "" && key != "insertafter" {
			text := j.fill(d, n.Value)
			inner := d.part(name, text, n.Offset, reader.FormatOf(name, text))
			inner.build, inner.generated = false, true
			j.readDoc(inner, r, 1)
		}
	}
	if o := m.Get("option"); o != nil && a["value"] != "" {
		inner := d.part(name, o.Value+" = "+j.fill(d, a["value"]), m.Get("value").Offset, reader.Lines)
		inner.build = false
		j.readDoc(inner, r, 1)
	}
}
