package confd

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/confd/internal/memkv"
	"github.com/appimg/appimg/pkg/diag"
)

// TemplateError is a fault of a template, at its place.
type TemplateError struct {
	Pos     diag.Pos
	Expr    string   // the expression that failed; "" for what does not parse
	Key     string   // the key that is missing, if that is the fault
	Nearest []string // keys that exist and look alike, best first
	Err     error
}

// Error says POS: {{EXPR}}: WHY.
func (e *TemplateError) Error() string {
	why := e.Err.Error()
	if e.Expr != "" {
		why = "{{" + abbreviate(e.Expr) + "}}: " + why
	}
	return (&diag.Error{Pos: e.Pos, Err: errors.New(why)}).Error()
}

// Unwrap returns the reason.
func (e *TemplateError) Unwrap() error { return e.Err }

// As makes a *diag.Error of it, so that diag.PosOf knows the place.
func (e *TemplateError) As(target any) bool {
	d, ok := target.(**diag.Error)
	if ok {
		*d = &diag.Error{Pos: e.Pos, Err: e.Err}
	}
	return ok
}

func abbreviate(expr string) string {
	const longest = 120
	if r := []rune(expr); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return expr
}

// parseFault places a fault of text/template's parser, which tells the line
// alone: "template: NAME:LINE: WHY".
func parseFault(file, text string, err error) error {
	e := &TemplateError{Pos: diag.Pos{File: file}, Err: err}
	rest, ok := strings.CutPrefix(err.Error(), "template: "+filepath.Base(file)+":")
	number, why, _ := strings.Cut(rest, ": ")
	line, notLine := strconv.Atoi(number)
	if !ok || notLine != nil {
		return e
	}
	e.Err = errors.New(why)
	if m := regexp.MustCompile(`started at .*:(\d+)$`).FindStringSubmatch(why); m != nil {
		line, _ = strconv.Atoi(m[1])
	}
	e.Pos = placeOnLine(file, text, line, why)
	if name, ok := strings.CutSuffix(strings.TrimPrefix(why, `function "`), `" not defined`); ok {
		if near := diag.Nearest(name, FuncNames(), 1); len(near) > 0 {
			return diag.WithHint(e, "did you mean %s?", near[0])
		}
	}
	return e
}

// placeOnLine looks for what a message quotes, else for the first action, on
// a line.
func placeOnLine(file, text string, line int, why string) diag.Pos {
	start := 0
	for range line - 1 {
		next := strings.IndexByte(text[start:], '\n')
		if next < 0 {
			break
		}
		start += next + 1
	}
	content, _, _ := strings.Cut(text[start:], "\n")
	wanted := []string{"{{"}
	if m := regexp.MustCompile(`"([^"]+)"|<([^>]+)>|(\{\{\w+\}\})`).FindStringSubmatch(why); m != nil {
		wanted = []string{m[1] + m[2] + m[3], "{{"}
	}
	for _, w := range wanted {
		if i := strings.Index(content, w); i >= 0 {
			return diag.At(file, text, start+i)
		}
	}
	return diag.At(file, text, start)
}

// fault places an error of an execution and adds what there is to advise.
func (t *Template) fault(err error, s *Store) error {
	e := &TemplateError{Pos: diag.Pos{File: t.file}, Err: err}
	var exec template.ExecError
	if errors.As(err, &exec) {
		t.locate(e, exec)
	}
	var missing *memkv.KeyError
	if !errors.As(err, &missing) {
		return e
	}
	e.Key = missing.Key
	e.Nearest = s.nearest(e.Key)
	switch {
	case len(e.Nearest) > 0:
		return diag.WithHint(e, "keys that exist: %s", strings.Join(e.Nearest, ", "))
	case !s.covers(e.Key):
		return diag.WithHint(e, "the resource's keys %q do not cover it", s.requests)
	}
	return e
}

// locate reads place and expression off an ExecError, which has them only as
// text: `template: NAME:LINE:COL: executing "T" at <EXPR>: WHY`. The
// expression may contain anything, so it is looked up in the parse trees.
func (t *Template) locate(e *TemplateError, exec template.ExecError) {
	rest, ok := strings.CutPrefix(exec.Error(), "template: "+t.name()+":")
	var line, col int
	if _, err := fmt.Sscanf(rest, "%d:%d:", &line, &col); !ok || err != nil {
		return
	}
	offset := lineStart(t.text, line) + col
	e.Pos = diag.At(t.file, t.text, offset)
	_, rest, _ = strings.Cut(rest, fmt.Sprintf(": executing %q at <", exec.Name))
	for _, tree := range t.trees() {
		inspect(tree.Root, func(n parse.Node) {
			if int(n.Position()) != offset {
				return
			}
			expr := n.String()
			if why, ok := strings.CutPrefix(rest, expr+">: "); ok && len(expr) > len(e.Expr) {
				e.Expr = withoutBraces(expr)
				e.Err = reason(exec, why)
			}
		})
	}
}

// withoutBraces is an expression as it stands between braces: the text of
// {{template …}}, which is a node of its own, has them.
func withoutBraces(expr string) string {
	if inner, ok := strings.CutPrefix(expr, "{{"); ok {
		return strings.TrimSuffix(inner, "}}")
	}
	return expr
}

// reason is the error that a function returned, or else the text.
func reason(exec template.ExecError, why string) error {
	if inner := errors.Unwrap(exec.Err); inner != nil {
		return inner
	}
	return errors.New(why)
}

func lineStart(text string, line int) int {
	start := 0
	for range line - 1 {
		start += strings.IndexByte(text[start:], '\n') + 1
	}
	return start
}

// nearest lists a few keys of the store that look like key.
func (s *Store) nearest(key string) []string {
	const most, longest = 2000, 128 // what is compared; the rest costs too much
	var keys []string
	for _, p := range s.kv.Pairs() {
		if len(p.Key) <= longest && len(keys) < most {
			keys = append(keys, p.Key)
		}
	}
	if len(key) > longest {
		return nil
	}
	return diag.Nearest(key, keys, 3)
}
