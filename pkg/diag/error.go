package diag

import (
	"errors"
	"fmt"
)

// Error is an error at a place, with what was attempted. Op and Pos may be
// empty; Err may not.
type Error struct {
	Op  string // what was attempted on what, e.g. `rendering "conf.d/zoo.cfg.toml"`
	Pos Pos
	Err error
}

// Error says OP: POS: WHY.
func (e *Error) Error() string {
	s := e.Err.Error()
	if !e.Pos.IsZero() {
		s = e.Pos.String() + ": " + s
	}
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	return s
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Errorf is an error at pos.
func Errorf(pos Pos, format string, args ...any) error {
	return &Error{Pos: pos, Err: fmt.Errorf(format, args...)}
}

type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// WithHint adds advice to err: one line that says what to do. A nil err stays nil.
func WithHint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// Hints is the advice found in err and in everything it wraps, outermost
// first, each line once.
func Hints(err error) []string {
	var out []string
	seen := map[string]bool{}
	var walk func(error)
	walk = func(err error) {
		if err == nil {
			return
		}
		if h, ok := err.(*hinted); ok && !seen[h.hint] {
			seen[h.hint] = true
			out = append(out, h.hint)
		}
		switch u := err.(type) {
		case interface{ Unwrap() error }:
			walk(u.Unwrap())
		case interface{ Unwrap() []error }:
			for _, e := range u.Unwrap() {
				walk(e)
			}
		}
	}
	walk(err)
	return out
}

// PosOf is the place of the outermost error in err's chain that has one.
func PosOf(err error) Pos {
	var e *Error
	for errors.As(err, &e) {
		if !e.Pos.IsZero() {
			return e.Pos
		}
		err = e.Err
	}
	return Pos{}
}
