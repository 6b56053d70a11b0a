package confd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// What one rendering may use. A template is a program, and nothing but these
// bounds stops one that loops or doubles a string forever.
const (
	maxOutput   = 64 << 20  // bytes written
	maxText     = 256 << 20 // bytes of text that functions produce, all together
	maxLevels   = 250_000   // of templates, if, with and range inside each other: about 1 KiB of stack each
	maxSteps    = 5_000_000 // loop turns, template calls and pieces of output
	maxTemplate = 4 << 20   // bytes of a template
	maxActions  = 50_000    // {{…}} in a template; each may nest in the one before
)

var (
	errOutput   = fmt.Errorf("more than %d MiB of output", maxOutput>>20)
	errText     = errors.New("the texts that this template puts together are too long")
	errLevels   = errors.New("templates call each other too deep")
	errTemplate = fmt.Errorf("a template of more than %d MiB or %d actions", maxTemplate>>20, maxActions)
	errSteps    = fmt.Errorf("more than %d steps: a loop without end?", maxSteps)
)

// Exhausted reports whether the template was stopped since it took too much: time,
// memory, or output.
func (e *TemplateError) Exhausted() bool {
	for _, limit := range []error{errOutput, errText, errLevels, errSteps} {
		if errors.Is(e.Err, limit) {
			return true
		}
	}
	return false
}

// budget is what one rendering has used. It is the template's writer: each
// turn of a loop and each template call writes at least nothing (see
// addTicks), so that both are counted and a cancelled context is noticed.
type budget struct {
	ctx    context.Context
	to     io.Writer
	output int
	text   int
	steps  int
	calls  int // of templates, inside each other
	levels int // that each of them may take
}

func newBudget(ctx context.Context, to io.Writer, nesting int) *budget {
	return &budget{ctx: ctx, to: to, levels: 1 + nesting}
}

func (b *budget) Write(p []byte) (int, error) {
	b.steps++
	b.output += len(p)
	switch {
	case b.steps > maxSteps:
		return 0, errSteps
	case b.output > maxOutput:
		return 0, errOutput
	case b.steps%1024 == 0 && b.ctx.Err() != nil:
		return 0, context.Cause(b.ctx)
	case len(p) == 0:
		return 0, b.enter(cap(p))
	}
	return b.to.Write(p)
}

// enter counts how deep templates are in each other. text/template has a
// bound of its own, which does not see what nests inside of each template.
func (b *budget) enter(tick int) error {
	switch tick {
	case entering:
		if b.calls++; b.calls*b.levels > maxLevels {
			return errLevels
		}
	case leaving:
		b.calls--
	}
	return nil
}

// spend takes n bytes of text off the budget, before they are made.
func (b *budget) spend(n int) error {
	if n > maxText-b.text {
		return errText
	}
	b.text += n
	return nil
}

// size estimates how many bytes the text of v takes, each part counted as
// often as it occurs and every level indented. It stops soon after limit.
func size(v any, limit int) int {
	n := 0
	var walk func(rv reflect.Value, depth int)
	walk = func(rv reflect.Value, depth int) {
		if n += 16 + 2*depth; n > limit {
			return
		}
		switch rv.Kind() {
		case reflect.String:
			n += rv.Len()
		case reflect.Interface, reflect.Pointer:
			if !rv.IsNil() {
				walk(rv.Elem(), depth)
			}
		case reflect.Slice, reflect.Array:
			for i := 0; i < rv.Len() && n <= limit; i++ {
				walk(rv.Index(i), depth+1)
			}
		case reflect.Map:
			for it := rv.MapRange(); n <= limit && it.Next(); {
				walk(it.Key(), depth+1)
				walk(it.Value(), depth+1)
			}
		case reflect.Struct:
			for i := 0; i < rv.NumField() && n <= limit; i++ {
				walk(rv.Field(i), depth+1)
			}
		}
	}
	walk(reflect.ValueOf(v), 0)
	return n
}
