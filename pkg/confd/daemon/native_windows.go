package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
)

// native is what Windows asks of the daemon and no other system does: to be a
// service, and, as "confd -exec" of exec.bat, to do the work of exec.sh. ok is
// false where it is neither.
func native(ctx context.Context, p Process) (code int, ok bool) {
	if slices.Equal(p.Args, []string{"-exec"}) {
		return execute(p.Stderr), true
	}
	if is, err := svc.IsWindowsService(); (err != nil || !is) && hasStreams() {
		return 0, false
	}
	// The name is of no consequence: the process has this service alone.
	err := svc.Run("", &service{ctx, p})
	if errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
		return 0, false // somebody else has started it
	}
	if err != nil {
		return 1, true
	}
	return 0, true
}

// hasStreams tells what was started by a person or a program from what may
// have been started by the service manager, whose session is not everywhere
// the one that it is on Windows.
func hasStreams() bool {
	h, err := windows.GetStdHandle(windows.STD_ERROR_HANDLE)
	return err == nil && h != 0 && h != windows.InvalidHandle
}

// logFolder is log beside the folder of the program.
func logFolder() (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(filepath.Dir(program)), "log")
	return dir, os.MkdirAll(dir, 0o755)
}

// appended opens a log to write at its end, wherever that is by then.
func appended(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
}
