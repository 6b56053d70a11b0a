//go:build unix

package confd

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps signals meant for confd (Ctrl-C) away from a command.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
