package confd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"text/template"
)

// maxLogged bounds how much of a command's output is kept, in bytes: its end.
const maxLogged = 64 << 10

// Check runs r's check_cmd on the staged file; without one, or with SyncOnly,
// it passes.
func (a *Applier) Check(ctx context.Context, r *Resource, st *Staged) error {
	if a.SyncOnly || r.CheckCmd == "" {
		return nil
	}
	command, err := checkCommand(ctx, r.CheckCmd, st.Path)
	if err == nil {
		err = a.run(ctx, "check_cmd", command)
	}
	if err != nil {
		err = fmt.Errorf("check_cmd: %w", err)
	}
	return r.failing("checking", err)
}

// checkCommand fills in a check_cmd: a template with nothing but .src.
func checkCommand(ctx context.Context, text, staged string) (string, error) {
	t, err := template.New("checkcmd").Parse(text)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	e := env{budget: newBudget(ctx, &out, addTicks(t))}
	err = t.Funcs(e.bounded()).Execute(e.budget, map[string]string{"src": staged})
	return out.String(), err
}

// Reload runs r's reload_cmd; without one, or with SyncOnly, it does nothing.
func (a *Applier) Reload(ctx context.Context, r *Resource) error {
	if a.SyncOnly || r.ReloadCmd == "" {
		return nil
	}
	err := a.run(ctx, "reload_cmd", r.ReloadCmd)
	if err != nil {
		err = fmt.Errorf("reload_cmd: %w", err)
	}
	return r.failing("reloading", err)
}

func (a *Applier) run(ctx context.Context, kind, command string) error {
	run := a.Run
	if run == nil {
		run = RunShell
	}
	a.log().Debug("running "+kind, "command", command)
	output, err := run(ctx, command)
	if err != nil && ctx.Err() == nil {
		a.log().Error(kind+" failed", "command", command, "output", string(output), "error", err)
		return err
	}
	a.log().Debug(kind+" done", "output", string(output))
	return err
}

// RunShell runs command by the system's shell (see Shell) and returns the end of what it printed. It waits for the shell itself only, not
// for what the shell left in the background. When ctx ends it returns at once
// and leaves the command alone: apps are started that way.
func RunShell(ctx context.Context, command string) ([]byte, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	// A file takes the output: a pipe would stay open as long as a background
	// child has it, and would kill that child once confd is gone.
	out, err := outputFile()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := Shell(command)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err = <-done:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return tail(out), err
}

// outputFile is a file that nobody else sees. Where none can be made, the
// output is thrown away rather than the command not run.
func outputFile() (*os.File, error) {
	if f, err := nameless(); err == nil {
		return f, nil
	}
	return os.OpenFile(os.DevNull, os.O_RDWR, 0)
}

func tail(f *os.File) []byte {
	fi, err := f.Stat()
	if err != nil || !fi.Mode().IsRegular() {
		return nil
	}
	size := min(fi.Size(), maxLogged)
	data, _ := io.ReadAll(io.NewSectionReader(f, fi.Size()-size, size))
	return data
}
