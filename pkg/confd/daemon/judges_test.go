//go:build linux

package daemon_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
)

// The scenarios that tell how QingCloud's confd behaves, and where it should not.
func TestScenariosOfTheReference(t *testing.T) {
	t.Parallel()
	script := filepath.Join(testneed.Shared(t, "metad"), "check_watch.py")
	python := testneed.Tool(t, "python3")
	failed := scenarios(t, python, script)
	if len(failed) == 0 {
		return
	}
	// They are of time, and this machine may be busy: once more, by themselves.
	args := []string{"-j", "1"}
	for _, name := range failed {
		args = append(args, "--only", name)
	}
	if again := scenarios(t, python, script, args...); len(again) > 0 {
		t.Errorf("scenarios that fail twice: %q", again)
	}
}

// scenarios names those that are required or wanted, and fail.
func scenarios(t *testing.T, python, script string, args ...string) (failed []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), python, append(append([]string{script, "-v"}, args...), binary(t))...).CombinedOutput()
	if !strings.Contains(string(out), " scenarios in ") {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) > 2 && f[0] == "FAIL" && f[1] != "report" {
			failed = append(failed, f[2])
		}
	}
	if len(failed) > 0 {
		t.Logf("%s", out)
	}
	return failed
}

// Every recorded run of QingCloud's confd, by the binary that goes into images.
func TestRecordedRuns(t *testing.T) {
	t.Parallel()
	script := filepath.Join(testneed.Shared(t, "vectors"), "check.py")
	testneed.Root(t)
	out, err := exec.CommandContext(t.Context(), testneed.Tool(t, "python3"), script, binary(t)).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
