//go:build amd64 || arm64

package daemon

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/confd"
)

// The reaper leaves the daemon's own children to os/exec, which wants their
// exit status, and takes everybody else's. It runs in a process of its own,
// since it would take the children of other tests as well.
func TestSweepKnowsItsOwn(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSweepInAProcessOfItsOwn$", "-test.v")
	cmd.Env = append(os.Environ(), "CONFD_SWEEP=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestSweepInAProcessOfItsOwn") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestSweepInAProcessOfItsOwn(t *testing.T) {
	if os.Getenv("CONFD_SWEEP") == "" {
		t.SkipNow() // the other half of TestSweepKnowsItsOwn
	}
	c := newChildren()
	own := confd.Shell("exit 7")
	if err := c.start(own); err != nil {
		t.Fatal(err)
	}
	eventually(t, "our child ends", 5*time.Second, func() bool { return ended() == own.Process.Pid })
	stranger := confd.Shell("exit 8")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	c.sweep()
	if err := c.wait(own); err == nil || err.Error() != "exit status 7" {
		t.Errorf("our child's exit status: %v", err)
	}
	<-c.gone
	eventually(t, "a stranger is reaped", 5*time.Second, func() bool {
		c.sweep()
		return errors.Is(syscall.Kill(stranger.Process.Pid, 0), syscall.ESRCH)
	})
	if err := stranger.Wait(); err == nil || !strings.Contains(err.Error(), "no child") {
		t.Errorf("the stranger was not reaped: %v", err)
	}
}
