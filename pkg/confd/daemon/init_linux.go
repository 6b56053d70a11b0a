//go:build amd64 || arm64

package daemon

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
	"unsafe"
)

// reap takes orphans off the process table until ctx ends, as PID 1 must.
// Every so often it looks without a signal too: signals can merge.
func (c *children) reap(ctx context.Context) {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	defer signal.Stop(died)
	t := time.NewTicker(5 * time.Second)
	defer t.Stop()
	for {
		c.sweep()
		select {
		case <-ctx.Done():
			return
		case <-died:
		case <-c.gone:
		case <-t.C:
		}
	}
}

// sweep reaps every orphan that has ended, up to the first child of our own:
// when os/exec has waited for that one, gone brings us back.
func (c *children) sweep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		pid := ended()
		if pid == 0 || c.pids[pid] {
			return
		}
		if _, err := wait4(pid); err != nil {
			return
		}
	}
}

func wait4(pid int) (int, error) {
	for {
		n, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

// childInfo is the siginfo_t of waitid(2) on 64-bit Linux.
type childInfo struct {
	_   [4]int32 // signo, errno, code, padding
	pid int32
	_   [108]byte
}

// ended is the pid of a child that has ended, which stays a zombie; 0 if there
// is none.
func ended() int {
	const all = 0 // P_ALL
	var info childInfo
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, all, 0, uintptr(unsafe.Pointer(&info)),
			syscall.WEXITED|syscall.WNOHANG|syscall.WNOWAIT, 0, 0)
		switch errno {
		case 0:
			return int(info.pid)
		case syscall.EINTR:
		default:
			return 0
		}
	}
}

// endAll has every other process of the container end: SIGTERM to all, and
// then at most patience for them. Meanwhile reap takes them away.
func endAll(ctx context.Context, patience time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := syscall.Kill(-1, syscall.SIGTERM)
	for err == nil && ctx.Err() == nil {
		pause(ctx, 10*time.Millisecond)
		err = syscall.Kill(-1, 0) // ESRCH when nobody is left
	}
}
