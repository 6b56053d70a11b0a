package ansible

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// IsVariables reports whether a file of ansible sets variables.
func IsVariables(rel string) bool {
	for _, dir := range []string{"vars", "defaults", "group_vars", "host_vars"} {
		if strings.Contains("/"+path.Dir(rel)+"/", "/"+dir+"/") {
			return true
		}
	}
	return false
}

// RoleFolder is the name of the ansible role that a file lies in.
func RoleFolder(rel string) string {
	segments := strings.Split(path.Dir(rel), "/")
	for i, s := range segments {
		if s == "roles" && i+1 < len(segments) {
			return segments[i+1]
		}
	}
	return ""
}

// Module is the name of a task's module, without its collection.
func Module(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// braced matches a word, with the expressions in it, which have spaces.
var braced = lazyregexp.New(`(?:\{\{.*?\}\}|"[^"]*"|'[^']*'|\S)+`)

// Arguments are a module's arguments: of a mapping, or of key=value words.
func Arguments(m *reader.Node) map[string]string {
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

// First is the first argument that is there, of several names of the same.
func First(a map[string]string, keys ...string) string {
	for _, k := range keys {
		if a[k] != "" {
			return a[k]
		}
	}
	return ""
}

// Item is what a loop goes through: a word, or a mapping.
type Item struct {
	Word   string
	fields map[string]string
	Offset int // in the playbook
}

// Items are what a task's loop goes through; one without anything where it has none.
func Items(task *reader.Node) []Item {
	out := []Item{{}}
	for _, key := range []string{"with_items", "loop", "with_list"} {
		loop := task.Get(key)
		if loop == nil {
			continue
		}
		for _, c := range loop.Children {
			if len(out) < 100 {
				out = append(out, Item{c.Value, Arguments(c), c.Offset})
			}
		}
	}
	if len(out) > 1 {
		return out[1:]
	}
	return out
}

// Fill puts an item in the place of {{ item }}. Other expressions stay.
func (i Item) Fill(text string) string {
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
		case name == "item" && i.Word != "":
			value = i.Word
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

// HostNames are the groups of machines that a play is for.
func HostNames(hosts *reader.Node) []string {
	names := strings.FieldsFunc(hosts.Value, func(c rune) bool { return strings.ContainsRune(",: ", c) })
	for _, n := range hosts.Children {
		names = append(names, n.Value)
	}
	return names
}

// RoleName is the ansible role that an item of a list names.
func RoleName(n *reader.Node) string {
	return path.Base(First(map[string]string{"a": n.Value, "b": n.Get("role").Text(), "c": n.Get("name").Text()}, "a", "b", "c"))
}

// BroughtBy are the ansible roles that a task brings with it, itself or in a block.
func BroughtBy(task *reader.Node) []string {
	var out []string
	for _, m := range task.Children {
		switch key := Module(m.Key); key {
		case "include_role", "import_role":
			out = append(out, path.Base(Arguments(m)["name"]))
		case "block", "rescue", "always":
			for _, inner := range m.Children {
				out = append(out, BroughtBy(inner)...)
			}
		}
	}
	return out
}

// IsPlaybook reports whether a YAML file is one of ansible's.
func IsPlaybook(rel, text string) bool {
	if ext := path.Ext(rel); ext != ".yml" && ext != ".yaml" {
		return false
	}
	for _, dir := range []string{"/tasks/", "/handlers/", "/vars/", "/defaults/", "/meta/", "/group_vars/", "/host_vars/", "/playbooks/"} {
		if strings.Contains("/"+rel, dir) {
			return true
		}
	}
	return strings.HasPrefix(text, "- hosts:") || strings.Contains(text, "\n- hosts:") || strings.Contains(text, "\n  hosts:") ||
		strings.Contains(text, "\n  tasks:")
}
