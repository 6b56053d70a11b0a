package persist

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/gather"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// expression matches what ansible puts into a template, decides, or leaves out.
var expression = lazyregexp.New(`\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}`)

// plainVariable matches an expression that is a variable, with filters behind it.
var plainVariable = lazyregexp.New(`^\{\{-?\s*([A-Za-z_]\w*)\s*(?:\|[^}]*)?-?\}\}$`)

// ansible takes in what playbooks say of other files: the values of variables in
// templates, and where tasks put files and templates.
func (j *project) ansible(docs []*doc.Doc) {
	for _, d := range docs {
		if d.Build && ansible.IsVariables(d.Rel) {
			j.variables(d)
		}
	}
	templates := map[string]*doc.Doc{}
	for _, d := range docs {
		if name := ansible.RoleFolder(d.Rel); name != "" {
			templates[name+"/"+strings.TrimSuffix(path.Base(d.Rel), ".j2")] = d
		}
	}
	for _, d := range docs {
		if d.Build && d.Format == reader.YAML && strings.Contains(d.Text, "dest") {
			j.placed(d, templates)
		}
	}
	for _, d := range docs {
		if strings.HasSuffix(d.Rel, ".j2") {
			j.expandJinja(d)
		}
	}
}

// variables notes the texts that a file sets variables to: of a role for the
// files of that role, of others for all.
func (j *project) variables(d *doc.Doc) {
	scope := ansible.RoleFolder(d.Rel)
	for _, n := range reader.ParseYAML(d.Text).Children {
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
func (j *project) fill(d *doc.Doc, text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	scope := ansible.RoleFolder(d.Rel)
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
		if text == before || len(text) > gather.MaxDocSize {
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
func (j *project) expandJinja(d *doc.Doc) {
	before, text := d.Text, j.fill(d, d.Text)
	if text == before {
		return
	}
	file := d.File
	d.Text = text
	d.At = func(offset int) diag.Pos {
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
	d.Format = reader.FormatOf(d.Node, text)
}

// placed tells templates and files where tasks put them.
func (j *project) placed(d *doc.Doc, templates map[string]*doc.Doc) {
	scope := ansible.RoleFolder(d.Rel)
	var walk func(n *reader.Node, depth int)
	walk = func(n *reader.Node, depth int) {
		if m := ansible.Module(n.Key); m == "template" || m == "copy" {
			a := ansible.Arguments(n)
			src, dest := strings.TrimSuffix(path.Base(a["src"]), ".j2"), j.fill(d, a["dest"])
			t := templates[scope+"/"+src]
			if t != nil && !t.InImage && strings.HasPrefix(dest, "/") && !strings.Contains(dest, "$") {
				if strings.HasSuffix(dest, "/") {
					dest += src
				}
				t.Node, t.InImage = dest, true
				t.Format = reader.FormatOf(dest, t.Text)
			}
		}
		if depth < 12 {
			for _, c := range n.Children {
				walk(c, depth+1)
			}
		}
	}
	walk(reader.ParseYAML(d.Text), 0)
}
