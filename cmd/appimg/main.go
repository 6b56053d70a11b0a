// Command appimg makes and checks application images for QingCloud AppCenter.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/appimg/appimg/internal/cli"
)

// Stamped by make build (-ldflags -X).
var version, commit, date string

func main() {
	os.Exit(run())
}

func run() int {
	// A command lives for a moment: collecting garbage less often makes a render
	// of 100 nodes a third faster, for some 30 MB. What serves for long sets it back.
	debug.SetGCPercent(400)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks for a clean end; once it is heard, a second one ends at once.
	context.AfterFunc(ctx, stop)
	return cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr},
		cli.Build{Version: version, Commit: commit, Date: date})
}
