package daemon

import (
	"os/exec"
	"syscall"
)

// shell is a command for cmd.exe, in a process group of its own. The command
// line is handed on as it is: cmd has its own rules for quotes.
func shell(command string) *exec.Cmd {
	cmd := exec.Command("cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: "/C " + command, CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	return cmd
}
