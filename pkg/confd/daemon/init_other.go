//go:build !linux || !(amd64 || arm64)

package daemon

import (
	"context"
	"time"
)

// reap has nothing to do: only containers have the daemon as PID 1, and those
// are Linux on these two architectures.
func (c *children) reap(context.Context) {}

// endAll ends nobody, for the same reason.
func endAll(context.Context, time.Duration) {}
