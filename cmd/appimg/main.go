// Command appimg makes and checks application images for QingCloud AppCenter.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/appimg/appimg/internal/cli"
)

// Stamped by make build (-ldflags -X).
var version, commit, date string

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks for a clean end; once it is heard, a second one ends at once.
	context.AfterFunc(ctx, stop)
	return cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr},
		cli.Build{Version: version, Commit: commit, Date: date})
}
