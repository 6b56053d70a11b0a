package kvm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// Host is one machine, connected, on which commands run as root. It is safe for
// use by several goroutines; all of them share one connection.
type Host interface {
	// Name is what the user calls the machine.
	Name() string
	// Run runs a POSIX sh script as root and waits for its end. An exit status
	// other than 0 is an *ExitError, a connection that could not be brought
	// back a *LostError; Output has what was printed until then.
	Run(ctx context.Context, c Cmd) (Output, error)
	// Upload puts c at path, owned by root with mode 0600; its folder must be
	// there. The bytes go to a temporary name first, a cut transfer goes on at
	// its byte offset, in this run or the next, and path appears only once its
	// sha256 was right on the machine (unless c has none).
	Upload(ctx context.Context, path string, c Content) error
	// Close ends the connection.
	Close() error
}

// Dialer makes the connection to a machine. What several machines need only
// once (passphrases, passwords, parsed files) is asked for and read only once.
type Dialer interface {
	Dial(ctx context.Context, t Target) (Host, error)
}

// Cmd is a script for POSIX sh. The zero value of its marks is the careful one:
// the script may change the machine, and is not repeated.
type Cmd struct {
	// Script is passed to sh -c. It is at most 100 KB; longer input goes through Stdin.
	Script string
	// Args are $1, $2, … of the script; they need no quoting.
	Args []string
	// ReadOnly says that the script changes nothing on the machine: a plan
	// runs it, and it is repeated after a lost connection.
	ReadOnly bool
	// Again says that the script does change the machine, and that running it
	// twice, even half, is like running it once: it is repeated after a lost
	// connection.
	Again bool
	// Stdin is the script's input; nil is none. A script whose input is an
	// io.Seeker can be repeated.
	Stdin io.Reader
	// Stdout and Stderr get the output as it comes; nil collects it in Output.
	Stdout, Stderr io.Writer
	// NoSudo runs the script as the user who logged in.
	NoSudo bool
	// Title names the script in errors and logs, as a gerund and an object:
	// "reading the facts". Empty is the script's first line.
	Title string
	// Secret keeps the script and its output out of the log.
	Secret bool
}

// Repeatable reports whether c may run twice.
func (c Cmd) Repeatable() bool { return c.ReadOnly || c.Again }

// Name is Title, or the beginning of the script.
func (c Cmd) Name() string {
	if c.Title != "" {
		return c.Title
	}
	if c.Secret {
		return "running a command"
	}
	first, _, _ := strings.Cut(strings.TrimSpace(c.Script), "\n")
	if len(first) > 60 {
		first = first[:60] + "…"
	}
	return fmt.Sprintf("running %q", first)
}

// Output is what a script printed where its Cmd had no writers of its own.
type Output struct {
	Stdout, Stderr []byte
}

// Text is the standard output without the white space around it.
func (o Output) Text() string { return strings.TrimSpace(string(o.Stdout)) }

// ExitError says that a script ended with a status other than 0, or by a signal.
type ExitError struct {
	Status int    // 1 to 255; 0 where a signal ended it
	Signal string // "KILL", "TERM", …; "" where it exited
	Stderr string // the last lines of its standard error
}

// NewExitError is the error of a script that ended with status, or by signal.
func NewExitError(status int, signal string, stderr []byte) *ExitError {
	return &ExitError{Status: status, Signal: signal, Stderr: lastLines(stderr)}
}

// lastLines is the end of what a script wrote on its standard error, for an ExitError.
func lastLines(text []byte) string {
	const enough = 2000
	text = bytes.TrimSpace(text)
	if len(text) > enough {
		text = text[len(text)-enough:]
	}
	return string(text)
}

// Error has the last line that the script printed, the one that tells why.
func (e *ExitError) Error() string {
	why := fmt.Sprintf("exit status %d", e.Status)
	if e.Signal != "" {
		why = "ended by signal " + e.Signal
	}
	lines := strings.Split(strings.TrimSpace(e.Stderr), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if doing, ok := strings.CutPrefix(last, "=doing="); ok { // fault of hold.sh
		last = doing
		if len(lines) > 1 {
			last += ": " + strings.TrimSpace(lines[len(lines)-2])
		}
	}
	if last != "" {
		why += ": " + last
	}
	return why
}

// LostError says that the connection ended, and could not be brought back or
// left it open whether a script that must not run twice did run.
type LostError struct{ Err error }

// Error says what ended the connection.
func (e *LostError) Error() string { return "the connection was lost: " + e.Err.Error() }

// Unwrap is the reason.
func (e *LostError) Unwrap() error { return e.Err }

// ExitStatus is the exit status that err reports, 0 for nil, and -1 for every
// other error.
func ExitStatus(err error) int {
	var exit *ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Signal == "":
		return exit.Status
	}
	return -1
}

// onHost names the machine and the attempt in an error.
func onHost(h Host, doing string, err error) error {
	if err == nil {
		return nil
	}
	return &diag.Error{Op: h.Name() + ": " + doing, Err: err}
}
