//go:build !windows

package daemon

import "context"

// serve is for Windows, which asks of a service what no other system does.
func serve(context.Context, Process) (code int, ok bool) { return 0, false }
