package kvm

import (
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
)

//go:embed scripts/verify.sh
var verifyScript string

const verifying = "verifying what was done"

// verify reads everything back and loads every pair that there is.
func (c *change) verify(ctx context.Context) error {
	out, err := c.readAll(ctx)
	if err != nil {
		return onHost(c.h, verifying, err)
	}
	return onHost(c.h, verifying, c.readBack(out))
}

// readAll asks for the state of every want, and for what verify.sh tells.
func (c *change) readAll(ctx context.Context) (Output, error) {
	return c.h.Run(ctx, askAbout(pathsOf(c.wants), verifying, verifyScript+inspectScript))
}

func (c *change) readBack(out Output) error {
	said, err := parseSaid(out.Stdout, pathsOf(c.wants))
	if err != nil {
		return err
	}
	c.look = said
	return c.judge(said)
}

// judge finds everything that is not as it should be.
func (c *change) judge(said *inspection) error {
	left, err := actions(c.wants, c.statesOf(c.wants))
	if err != nil {
		return err
	}
	var faults []error
	for _, a := range left {
		faults = append(faults, fmt.Errorf("%q is not as it was made: %s", a.Path, orNothing(a.Was)))
	}
	return errors.Join(append(faults, c.job.judge(c, said)...)...)
}
