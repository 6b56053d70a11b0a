//go:build !windows

package daemon

import (
	"os/exec"
	"syscall"
)

// shell is a command for /bin/sh, away from the daemon's terminal and process group.
func shell(command string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}
