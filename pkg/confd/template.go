package confd

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"text/template"

	"github.com/appimg/appimg/pkg/diag"
)

// Template is a parsed template. It may render many stores at once.
type Template struct {
	*Syntax
	machine Machine
	parsed  *template.Template
	nesting int       // of the deepest if, with or range
	idle    sync.Pool // of *renderer
}

// renderer is a copy of the template whose functions work on its env: one per
// rendering that is under way.
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
	var err error
	if t.parsed, err = t.parse(&e); err != nil {
		return nil, parseFault(file, text, err)
	}
	t.nesting = addTicks(t.parsed) // Syntax has trees without them
	return t, nil
}

// tooLarge reports whether a text is more than a template may be.
func tooLarge(text string) bool {
	return len(text) > maxTemplate || strings.Count(text, "{{") > maxActions
}

// parse reads the text for an env of its own.
func (t *Template) parse(e *env) (*template.Template, error) {
	return template.New(filepath.Base(t.file)).Funcs(e.funcs()).Funcs(e.bounded()).Parse(t.text)
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

func (t *Template) newRenderer() (*renderer, error) {
	tmpl, err := t.parsed.Clone()
	if err != nil {
		return nil, err
	}
	r := &renderer{env: env{machine: t.machine}, tmpl: tmpl}
	tmpl.Funcs(r.env.funcs()).Funcs(r.env.bounded())
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
