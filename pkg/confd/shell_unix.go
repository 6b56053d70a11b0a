//go:build unix

package confd

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Shell is a command for /bin/sh, away from the terminal and the process group
// of who starts it: signals meant for confd (Ctrl-C) do not reach it.
func Shell(command string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

// nameless is a file without a name.
func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "confd-output-")
	if err != nil {
		return nil, err
	}
	return f, errors.Join(os.Remove(f.Name()))
}
