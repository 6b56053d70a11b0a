package daemon

import (
	"os/exec"
	"sync"
)

// children are the processes that the daemon started and still waits for. As
// PID 1 it gets everybody's orphans besides, and must tell the two apart:
// reaping a child of its own would steal its exit status from os/exec.
type children struct {
	mu   sync.Mutex
	pids map[int]bool
	gone chan struct{} // capacity 1: one was waited for
}

func newChildren() *children { return &children{pids: map[int]bool{}, gone: make(chan struct{}, 1)} }

// start starts cmd. No reaper sees it before it is known here.
func (c *children) start(cmd *exec.Cmd) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	c.pids[cmd.Process.Pid] = true
	return nil
}

// wait waits for a started cmd.
func (c *children) wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	c.mu.Lock()
	delete(c.pids, cmd.Process.Pid)
	c.mu.Unlock()
	poke(c.gone)
	return err
}
