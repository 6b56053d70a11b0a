package validate

import (
	"errors"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// Plain is why err happened, without the place, which a finding has anyway.
func Plain(err error) string {
	var d *diag.Error
	for errors.As(err, &d) {
		err = d.Err
	}
	return err.Error()
}

// Joined are the errors that errors.Join put together, also in several steps,
// or err alone; none for nil.
func Joined(err error) []error {
	if err == nil {
		return nil
	}
	j, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var out []error
	for _, one := range j.Unwrap() {
		out = append(out, Joined(one)...)
	}
	return out
}

// atOrigin moves the place of a template's fault to the file on disk.
func (p *Pair) atOrigin(err error) error {
	var te *confd.TemplateError
	if errors.As(err, &te) {
		te.Pos = p.Origin(te.Pos)
	}
	return err
}
