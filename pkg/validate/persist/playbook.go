package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// maxTasks bounds how much of a playbook is read.
const maxTasks = 2000

// readPlaybook reads the tasks of a playbook: links that it makes, lines that it
// puts into files, scripts that it runs when the image is made, cron jobs.
func (j *project) readPlaybook(d *doc.Doc, r *doc.Role) {
	if ansible.IsVariables(d.Rel) {
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
	walk(reader.ParseYAML(d.Text), 0)
}

// readVariables judges the variables that a role of ansible brings with it, unless
// something else sets them, too.
func (j *project) readVariables(d *doc.Doc, r *doc.Role) {
	inner := d.Part(d.Node, d.Text, 0, d.Format)
	inner.Build = false
	for _, n := range reader.ParseYAML(d.Text).Children {
		if value := j.fill(d, n.Value); n.Key != "" && reader.IsPath(value) && !n.Block && !j.alsoSet(d, n.Key) {
			j.setting(inner, r, reader.Setting{Key: n.Key, Value: value, Offset: n.Offset}, "")
		}
	}
}

// alsoSet reports whether another file of ansible's sets a variable.
func (j *project) alsoSet(d *doc.Doc, name string) bool {
	return slices.ContainsFunc(j.docs, func(other *doc.Doc) bool {
		return other != d && other.Build && other.Format == reader.YAML && strings.Contains(other.Text, name+":")
	})
}

// task reads one module of a task.
func (j *project) task(d *doc.Doc, r *doc.Role, task, m *reader.Node) {
	switch ansible.Module(m.Key) {
	case "file":
		j.fileTask(d, r, task, m)
	case "win_file":
		j.folderTask(d, r, task, m)
	case "mount":
		a := ansible.Arguments(m)
		mounted(j.disk, shell.Event{Path: ansible.First(a, "path", "name"), From: ansible.First(a, "src")})
	case "shell", "command", "raw", "script":
		j.shellTask(d, r, m)
	case "copy", "lineinfile", "blockinfile", "replace", "ini_file", "win_copy", "win_lineinfile":
		j.textTask(d, r, m)
	case "cron":
		if job := m.Get("job"); job != nil {
			run := d.Part("cron.sh", job.Value, job.Offset, reader.Shell)
			run.Build = false
			j.readScript(run, r, 1)
		}
	}
}

// fileTask notes a link, or a folder; once for each item of a loop.
func (j *project) fileTask(d *doc.Doc, r *doc.Role, task, m *reader.Node) {
	a := ansible.Arguments(m)
	if a["state"] == "directory" {
		j.folderTask(d, r, task, m)
	}
	if a["state"] != "link" {
		return
	}
	at, target := ansible.First(a, "path", "dest", "name"), a["src"]
	for _, item := range ansible.Items(task) {
		at, target := j.fill(d, item.Fill(at)), j.fill(d, item.Fill(target))
		j.disk.Symlink(at, target)
		j.alias(at, target)
	}
}

// folderTask notes a folder that is made for logs or data: that the image has it
// says that something is put there.
func (j *project) folderTask(d *doc.Doc, r *doc.Role, task, m *reader.Node) {
	a := ansible.Arguments(m)
	name := ansible.First(a, "path", "dest", "name")
	if a["state"] != "directory" || name == "" {
		return
	}
	for _, item := range ansible.Items(task) {
		folder, offset := j.fill(d, item.Fill(name)), argumentAt(m, name)
		if item.Word != "" && item.Offset > 0 && strings.Contains(name, "item") {
			offset = item.Offset
		}
		kind := j.table.Path(folder)
		if kind == known.Unknown && j.area(folder) {
			kind = known.Data
		}
		inner := d.Part(d.Node, d.Text, 0, d.Format)
		inner.Build = false
		j.put(site{doc: inner, role: r, path: folder, kind: kind, sure: validate.Likely, why: "a task makes the folder", offset: offset, folder: true})
		if given := j.givenBy[ansible.RoleFolder(d.Rel)+"\x00"+folder]; given != nil && kind != known.None {
			j.put(site{doc: inner, role: r, path: folder, kind: kind, sure: validate.Likely, why: "a task makes the folder", offset: offset, from: given, folder: true})
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

// shellTask reads what is run when the image is made.
func (j *project) shellTask(d *doc.Doc, r *doc.Role, m *reader.Node) {
	for _, n := range []*reader.Node{m, m.Get("cmd"), m.Get("argv")} {
		if n != nil && n.Value != "" {
			j.readScript(d.Part("task.sh", j.fill(d, n.Value), n.Offset, reader.Shell), r, 1)
		}
	}
}

// textTask reads what a task puts into a file.
func (j *project) textTask(d *doc.Doc, r *doc.Role, m *reader.Node) {
	a := ansible.Arguments(m)
	name := j.fill(d, ansible.First(a, "path", "dest", "name"))
	for _, key := range []string{"content", "line", "block", "replace"} {
		if a[key] == "" {
			continue
		}
		text := j.fill(d, a[key])
		inner := d.Part(name, text, argumentAt(m, a[key]), reader.FormatOf(name, text))
		inner.Build, inner.Generated = false, true
		j.readDoc(inner, r, 1)
	}
	if a["option"] != "" && a["value"] != "" {
		line := a["option"] + " = " + j.fill(d, a["value"])
		if a["section"] != "" {
			line = "[" + a["section"] + "]\n" + line
		}
		inner := d.Part(name, line, argumentAt(m, a["value"]), reader.Lines)
		inner.Build = false
		j.readDoc(inner, r, 1)
	}
}
