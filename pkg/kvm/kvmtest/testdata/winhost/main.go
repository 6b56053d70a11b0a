//go:build windows

// Command winhost is, under Wine, what Microsoft's OpenSSH server starts on
// Windows for a session: cmd with the very line that was sent, or an SFTP server.
// By the name nssm.exe it registers services as far as a test needs that, and
// writes its arguments into C:\nssm.log.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/pkg/sftp"
)

func main() {
	var err error
	if strings.HasSuffix(strings.ToLower(os.Args[0]), "nssm.exe") {
		err = nssm(os.Args[1:])
	} else {
		err = run(os.Getenv("SSH_ORIGINAL_COMMAND"))
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "winhost:", err)
		os.Exit(1)
	}
}

func nssm(args []string) error {
	log, err := os.OpenFile(`C:\nssm.log`, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = fmt.Fprintf(log, "%q\n", args)
		err = errors.Join(err, log.Close())
	}
	if err != nil || len(args) < 2 || args[0] != "install" {
		return err
	}
	return exec.Command("sc.exe", "create", args[1], "binPath=", `"`+os.Args[0]+`"`, "start=", "demand").Run()
}

type stdio struct {
	io.Reader
	io.WriteCloser
}

func run(line string) error {
	if line == "internal-sftp" {
		server, err := sftp.NewServer(stdio{os.Stdin, os.Stdout})
		if err == nil {
			err = server.Serve()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	cmd := exec.Command(`C:\windows\system32\cmd.exe`)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /c "` + line + `"`}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
