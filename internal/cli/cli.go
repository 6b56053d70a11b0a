package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
)

// Streams are the three streams of the process.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Build says which build this is; empty fields are looked up in the binary.
type Build struct {
	Version, Commit, Date string
}

// Run runs the command line args (without the program's name) and returns the
// exit code: 0 ok, 1 a defect found, 2 wrong usage, 3 could not finish,
// 130 interrupted.
func Run(ctx context.Context, args []string, s Streams, b Build) int {
	d := newDeps(s, b)
	root := newRootCmd(d)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && err != nil {
		err = errors.Join(context.Canceled, err)
	}
	var reported *reportedError
	if d.stdout.err != nil && (err == nil || errors.As(err, &reported)) {
		err = d.stdout.err // what was found has not arrived
	}
	d.report(err)
	return exitCode(err)
}

// Command is the whole tree of commands, for documentation.
func Command() *cobra.Command {
	return newRootCmd(newDeps(Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}, Build{}))
}

// report prints err in the one grammar of errors.
func (d *deps) report(err error) {
	var reported *reportedError
	if err == nil || errors.As(err, &reported) {
		return
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(d.Err, "appimg: interrupted")
		return
	}
	fmt.Fprintf(d.Err, "%s %v\n", d.errStyle.bold("appimg:"), err)
	for _, h := range diag.Hints(err) {
		fmt.Fprintf(d.Err, "%s %s\n", d.errStyle.cyan("hint:"), h)
	}
}
