package cli

import (
	"fmt"
	"io"

	"github.com/appimg/appimg/pkg/diag"
)

// output is stdout, which remembers that a result could not be written: a
// command that prints line by line need not look after each.
type output struct {
	to  io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if err == nil {
		return n, nil
	}
	err = fmt.Errorf("writing to stdout: %w", diag.Reason(err))
	if o.err == nil {
		o.err = err
	}
	return n, err
}
