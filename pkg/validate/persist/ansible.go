package persist

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// expression matches what ansible puts into a template, decides, or leaves out.
var expression = lazyregexp.New(`\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}`)

// plainVariable matches an expression that is a variable, with filters behind it.
var plainVariable = lazyregexp.New(`^\{\{-?\s*([A-Za-z_]\w*)\s*(?:\|[^}]*)?-?\}\}$`)

// ansible takes in what playbooks say of other files: the values of variables in
// templates, and where tasks put files and templates.
func (j *project) ansible(docs []*doc) {
	for _, d := range docs {
		if d.build && isVariables(d.rel) {
			j.variables(d)
		}
	}
	templates := map[string]*doc{}
	for _, d := range docs {
		if name := roleFolder(d.rel); name != "" {
			templates[name+"/"+strings.TrimSuffix(path.Base(d.rel), ".j2")] = d
		}
	}
	for _, d := range docs {
		if d.build && d.format == reader.YAML && strings.Contains(d.text, "dest") {
			j.placed(d, templates)
		}
	}
	for _, d := range docs {
		if strings.HasSuffix(d.rel, ".j2") {
			j.expandJinja(d)
		}
	}
}

// isVariables reports whether a file of ansible sets variables.
func isVariables(rel string) bool {
	for _, dir := range []string{"vars", "defaults", "group_vars", "host_vars"} {
		if strings.Contains("/"+path.Dir(rel)+"/", "/"+dir+"/") {
			return true
		}
	}
	return false
}

// roleFolder is the name of the ansible role that a file lies in.
func roleFolder(rel string) string {
	segments := strings.Split(path.Dir(rel), "/")
	for i, s := range segments {
		if s == "roles" && i+1 < len(segments) {
			return segments[i+1]
		}
	}
	return ""
}

// variables notes the texts that a file sets variables to: of a role for the
// files of that role, of others for all.
func (j *project) variables(d *doc) {
	scope := roleFolder(d.rel)
	for _, n := range reader.ParseYAML(d.text).Children {
		if n.Key != "" && n.Value != "" && !n.Block && len(j.jinja) < 5000 {
			j.jinja[scope+"/"+n.Key] = n.Value
			if strings.HasPrefix(n.Value, "/") {
				j.givenBy[scope+"\x00"+n.Value] = &origin{d, n.Offset}
			}
		}
	}
}

// fill replaces the variables of ansible that are known; what is not becomes a
// variable that nothing sets.
func (j *project) fill(d *doc, text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	scope := roleFolder(d.rel)
	for range 3 {
		before := text
		text = expression.ReplaceAllStringFunc(text, func(e string) string {
			if m := plainVariable.FindStringSubmatch(e); m != nil {
				for _, name := range []string{scope + "/" + m[1], "/" + m[1]} {
					if v, ok := j.jinja[name]; ok {
						return v
					}
				}
			}
			return e
		})
		if text == before || len(text) > maxDocSize {
			break
		}
	}
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		if e[1] != '{' {
			return strings.Repeat(" ", len(e))
		}
		return "$" + strings.Repeat("_", len(e)-1)
	})
}

// expandJinja makes of a template what it becomes. Places keep their line.
func (j *project) expandJinja(d *doc) {
	before, text := d.text, j.fill(d, d.text)
	if text == before {
		return
	}
	file := d.file
	d.text = text
	d.at = func(offset int) diag.Pos {
		line := 1 + strings.Count(text[:offset], "\n")
		at := 0
		for range line - 1 {
			if i := strings.IndexByte(before[at:], '\n'); i >= 0 {
				at += i + 1
			}
		}
		column := offset - (strings.LastIndexByte(text[:offset], '\n') + 1)
		if end := strings.IndexByte(before[at:], '\n'); end >= 0 {
			column = min(column, end)
		}
		return diag.At(file, before, min(at+column, len(before)))
	}
	d.format = reader.FormatOf(d.node, text)
}

// placed tells templates and files where tasks put them.
func (j *project) placed(d *doc, templates map[string]*doc) {
	scope := roleFolder(d.rel)
	var walk func(n *reader.Node, depth int)
	walk = func(n *reader.Node, depth int) {
		if m := module(n.Key); m == "template" || m == "copy" {
			a := arguments(n)
			src, dest := strings.TrimSuffix(path.Base(a["src"]), ".j2"), j.fill(d, a["dest"])
			t := templates[scope+"/"+src]
			if t != nil && !t.inImage && strings.HasPrefix(dest, "/") && !strings.Contains(dest, "$") {
				if strings.HasSuffix(dest, "/") {
					dest += src
				}
				t.node, t.inImage = dest, true
				t.format = reader.FormatOf(dest, t.text)
			}
		}
		if depth < 12 {
			for _, c := range n.Children {
				walk(c, depth+1)
			}
		}
	}
	walk(reader.ParseYAML(d.text), 0)
}
