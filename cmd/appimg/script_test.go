package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/confd/daemon"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"appimg": main, "confd": confd})
}

// confd is the daemon, as cmd/confd runs it.
func confd() {
	os.Exit(daemon.Run(context.Background(), daemon.Process{Args: os.Args[1:], Version: "test", Stdout: os.Stdout, Stderr: os.Stderr}))
}

// Each file of testdata/script is a session at a shell with the real program.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CACHE_HOME", e.WorkDir+"/.cache")
			e.Setenv("DOCKER_CONFIG", e.WorkDir+"/.docker")
			e.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status},
		Condition: func(cond string) (bool, error) {
			if cond != "agent" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			_, err := agent.Builtin("amd64")
			if err != nil && os.Getenv("CI") == "true" {
				return false, err
			}
			return err == nil, nil
		},
	})
}

// status runs a program that must end with an exit code: "status 2 appimg …".
func status(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if got := 0; errors.As(err, &exit) {
		got = exit.ExitCode()
		if got != want {
			ts.Fatalf("exit code %d, want %d", got, want)
		}
		return
	}
	if err != nil || want != 0 {
		ts.Fatalf("ended with %v, want exit code %d", err, want)
	}
}
