package daemon

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/confd"
)

// execute runs the command that the platform's scheduler sends: cmd.info has
// it as "<id>:<command>". What it prints goes to app.log; cmd.log gets a line
// when it starts and one when it ends. It is not written in cmd.exe's language
// because that would read the command's signs as its own, and knows no date
// that is the same in every country.
func execute(errs io.Writer) int {
	dir, err := logFolder()
	if err == nil {
		var done bool
		if done, err = executeIn(dir); err == nil && done {
			return 0
		}
	}
	if err != nil {
		fmt.Fprintf(errs, "confd -exec: %v\n", err)
	}
	return 1
}

// executeIn reports whether the command of dir\cmd.info succeeded, or none was there.
func executeIn(dir string) (bool, error) {
	text, err := os.ReadFile(filepath.Join(dir, "cmd.info"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	info := withoutBlankLines(string(text))
	if info == "" {
		return true, nil
	}
	id, command, found := strings.Cut(info, ":")
	if !found {
		command = info
	}
	note := func(result string) error { return noteResult(filepath.Join(dir, "cmd.log"), id, result, command) }
	if err := note("executing"); err != nil {
		return false, err
	}
	code, err := runCommand(dir, command)
	result := "successful"
	if code != 0 {
		result = fmt.Sprintf("failed%d", code)
	}
	return code == 0, errors.Join(err, note(result))
}

func noteResult(file, id, result, command string) error {
	f, err := appended(file)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %s [%s]: %s\r\n", time.Now().Format("2006-01-02 15:04:05"), id, result, command)
	return errors.Join(err, f.Close())
}

func withoutBlankLines(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// runCommand waits for a command; its output goes to app.log. Several lines
// are a batch file, as cmd.exe takes only one line.
func runCommand(dir, command string) (code int, err error) {
	log, err := appended(filepath.Join(dir, "app.log"))
	if err != nil {
		return 1, err
	}
	defer log.Close()
	cmd := confd.Shell(command)
	if strings.Contains(command, "\n") {
		file, err := batch(dir, command)
		if err != nil {
			return 1, err
		}
		defer os.Remove(file)
		cmd = confd.Shell(`"` + file + `"`)
	}
	cmd.Stdout, cmd.Stderr = log, log
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}

// batch is a batch file with these lines, in UTF-8 for cmd.exe too.
func batch(dir, lines string) (string, error) {
	f, err := os.CreateTemp(dir, "cmd-*.bat")
	if err != nil {
		return "", err
	}
	_, err = io.WriteString(f, "@echo off\r\nchcp 65001 >nul\r\n"+strings.ReplaceAll(lines, "\n", "\r\n")+"\r\n")
	return f.Name(), errors.Join(err, f.Close())
}
