package confd

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/diag"
)

// Template is a parsed template. It may render many stores at once.
type Template struct {
	*Syntax
	machine Machine
	parsed  map[string]*parse.Tree // by the name of the template that it defines
	used    map[string]bool        // the functions that they call
	nesting int                    // of the deepest if, with or range
	idle    sync.Pool              // of *renderer
}

// renderer is the template with functions that work on its env, as far as it calls
// them: one per rendering that is under way.
type renderer struct {
	env  env
	tmpl *template.Template
}

// ParseTemplate parses text, the content of file, for a machine (nil is
// LocalMachine()). The template is called by the base of file. Faults are
// *TemplateError.
func ParseTemplate(file, text string, m Machine) (*Template, error) {
	if m == nil {
		m = LocalMachine()
	}
	t := &Template{Syntax: newSyntax(file, text), machine: m}
	if tooLarge(text) {
		return nil, &TemplateError{Pos: diag.Pos{File: file}, Err: errTemplate}
	}
	var e env
	parsed, err := t.parse(&e)
	if err != nil {
		return nil, parseFault(file, text, err)
	}
	t.nesting = addTicks(parsed) // Syntax has trees without them
	t.keep(parsed)
	return t, nil
}

// tooLarge reports whether a text is more than a template may be.
func tooLarge(text string) bool {
	return len(text) > maxTemplate || strings.Count(text, "{{") > maxActions
}

// parse reads the text for an env of its own.
func (t *Template) parse(e *env) (*template.Template, error) {
	return template.New(t.name()).Funcs(e.funcs()).Funcs(e.bounded()).Parse(t.text)
}

// Render writes the template for s to w. What was written counts only if
// there is no error.
func (t *Template) Render(w io.Writer, s *Store) error {
	return t.RenderContext(context.Background(), w, s)
}

// RenderContext is Render that stops when ctx does. Faults of the template
// are *TemplateError; it is one, too, to loop without end or to write more
// than 64 MiB.
func (t *Template) RenderContext(ctx context.Context, w io.Writer, s *Store) (err error) {
	r, ok := t.idle.Get().(*renderer)
	if !ok {
		if r, err = t.newRenderer(); err != nil {
			return err
		}
	}
	r.env.store, r.env.budget = s.kv, newBudget(ctx, w, t.nesting)
	if err := r.execute(); err != nil {
		return t.fault(err, s)
	}
	r.env.store, r.env.budget = nil, nil
	t.idle.Put(r)
	return nil
}

// keep keeps the trees of what was parsed. Its tables of all functions are much
// larger than most templates, and a project may have thousands.
func (t *Template) keep(parsed *template.Template) {
	t.parsed, t.used = map[string]*parse.Tree{}, map[string]bool{}
	for _, one := range parsed.Templates() {
		if one.Tree == nil {
			continue
		}
		t.parsed[one.Name()] = one.Tree
		inspect(one.Root, func(n parse.Node) {
			if id, ok := n.(*parse.IdentifierNode); ok {
				t.used[id.Ident] = true
			}
		})
	}
}

// name is what the template is called.
func (t *Template) name() string { return filepath.Base(t.file) }

func (t *Template) newRenderer() (*renderer, error) {
	r := &renderer{env: env{machine: t.machine}, tmpl: template.New(t.name())}
	for _, funcs := range []template.FuncMap{r.env.funcs(), r.env.bounded()} {
		maps.DeleteFunc(funcs, func(name string, _ any) bool { return !t.used[name] })
		r.tmpl.Funcs(funcs)
	}
	for name, tree := range t.parsed {
		if _, err := r.tmpl.AddParseTree(name, tree); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *renderer) execute() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the template engine cannot go on: %v", p)
		}
	}()
	return r.tmpl.Execute(r.env.budget, nil)
}
