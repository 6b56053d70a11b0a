//go:build !windows

package daemon

import "context"

// native is for Windows, which asks of the daemon what no other system does.
func native(context.Context, Process) (code int, ok bool) { return 0, false }
