package confd

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// Shell is a command for cmd.exe, with a console of its own that nobody sees:
// what it starts outlives confd and the window that confd was started from.
// cmd has rules of its own for quotes, so the command is handed on as it is:
// /S takes away the outer quotes alone, /D leaves a user's AutoRun out.
func Shell(command string) *exec.Cmd {
	cmd := exec.Command("cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CmdLine:       `cmd.exe /D /S /C "` + command + `"`,
		CreationFlags: windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP,
	}
	return cmd
}

// nameless is a file that is gone once nobody has it open. Windows does not
// remove a file that is in use, as other systems do.
func nameless() (*os.File, error) {
	name := os.TempDir() + `\confd-output-` + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|windows.O_FILE_FLAG_DELETE_ON_CLOSE, 0o600)
}
