package confd

import (
	"context"
	"errors"
	"io"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/diag"
)

// Template is a parsed template. It may render many stores at once.
type Template struct{}

// ParseTemplate parses text, the content of file, for a machine.
func ParseTemplate(file, text string, m Machine) (*Template, error) {
	return nil, errors.New("not yet")
}

// Render writes the template for s to w. Nothing that was written counts if
// there is an error.
func (t *Template) Render(w io.Writer, s *Store) error { return errors.New("not yet") }

// RenderContext is Render that stops when ctx does.
func (t *Template) RenderContext(ctx context.Context, w io.Writer, s *Store) error {
	return errors.New("not yet")
}

// Trees are the parse trees of the file: its own first, then its defines by name.
func (t *Template) Trees() []*parse.Tree { return nil }

// FuncNames lists the functions that templates may call besides Go's own.
func FuncNames() []string { return nil }

// TemplateError is a fault of a template, at its place.
type TemplateError struct {
	Pos     diag.Pos
	Expr    string   // the expression that failed
	Key     string   // the key that is missing, if that is the fault
	Nearest []string // keys that exist and look alike
	Err     error
}

// Error says POS: EXPR: WHY.
func (e *TemplateError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *TemplateError) Unwrap() error { return e.Err }
