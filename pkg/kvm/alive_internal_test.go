//go:build unix

package kvm

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// A process that was killed is dead, whether or not somebody has waited for it.
func TestAlive(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	if !alive(pid) || !alive(os.Getpid()) {
		t.Error("a process that runs is not alive")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/self/stat"); err == nil {
		for end := time.Now().Add(time.Minute); alive(pid); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("a killed process that nobody has waited for is alive")
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if alive(pid) {
		t.Error("a process that has ended is alive")
	}
}
