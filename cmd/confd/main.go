// Command confd is the agent's daemon inside images: a drop-in for QingCloud's confd.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/appimg/appimg/pkg/confd/daemon"
)

func main() {
	// Small and mostly asleep: collect often rather than grow.
	debug.SetGCPercent(50)
	os.Exit(daemon.Run(context.Background(), daemon.Process{
		Args: os.Args[1:], Version: version(), Stdout: os.Stdout, Stderr: os.Stderr, Init: os.Getpid() == 1,
	}))
}

// version is the module's, where the build recorded it, and tells this daemon
// from QingCloud's.
func version() string {
	v := "(devel)"
	if bi, ok := debug.ReadBuildInfo(); ok && bi.Main.Version != "" {
		v = bi.Main.Version
	}
	return v + " (appimg, " + runtime.Version() + ")"
}
