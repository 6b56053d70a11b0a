//go:build unix

package testneed_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
)

func TestWineIsAWindows10(t *testing.T) {
	_, env := testneed.Wine(t)
	cmd := exec.Command("wine", "cmd.exe", "/c", "ver")
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "Windows 10.") {
		t.Errorf("%q, %v", out, err)
	}
}
