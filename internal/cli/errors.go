package cli

import (
	"context"
	"errors"
	"fmt"
)

// Exit codes (docs/cli has the same list).
const (
	exitOK          = 0
	exitDefect      = 1   // the thing examined has a defect
	exitUsage       = 2   // wrong usage, or the project itself cannot be read
	exitUnfinished  = 3   // registry, engine, network, disk, a host
	exitInterrupted = 130 // Ctrl-C
)

type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// reportedError says that everything there is to say has been printed.
type reportedError struct{}

func (*reportedError) Error() string { return "already reported" }

// usagef is an error of usage: exit code 2.
func usagef(format string, args ...any) error {
	return &codedError{exitUsage, fmt.Errorf(format, args...)}
}

// usageError marks err (wrong usage, or a project that cannot be read) with exit code 2.
func usageError(err error) error { return coded(exitUsage, err) }

// defect marks err (a fault of the thing examined) with exit code 1.
func defect(err error) error { return coded(exitDefect, err) }

// errDefectReported ends a command whose findings are printed already: exit code 1, no message.
func errDefectReported() error { return defect(&reportedError{}) }

// errUnfinishedReported is the same with exit code 3.
func errUnfinishedReported() error { return coded(exitUnfinished, &reportedError{}) }

func coded(code int, err error) error {
	if err == nil {
		return nil
	}
	return &codedError{code, err}
}

func exitCode(err error) int {
	var c *codedError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &c):
		return c.code
	default:
		return exitUnfinished
	}
}
