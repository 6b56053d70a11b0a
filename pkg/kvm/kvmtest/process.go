package kvmtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// killTree ends a process and everything below it: parents first, so that they
// start nothing new.
func killTree(pid int) {
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	children := childrenOf(pid)
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for _, c := range children {
		killTree(c)
	}
}

func childrenOf(pid int) (out []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		fields := statOf(f)
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
			out = append(out, child)
		}
	}
	return out
}

// statOf is what /proc says of a process, from its state on.
func statOf(file string) []string {
	data, _ := os.ReadFile(file)
	_, rest, _ := strings.Cut(string(data), ") ")
	return strings.Fields(rest)
}

// cpuTime is the user and system time of a process, of all below it, and of
// those that have ended and were waited for.
func cpuTime(pid int) time.Duration {
	const tick = 10 * time.Millisecond // of every Linux
	var sum time.Duration
	if fields := statOf(fmt.Sprintf("/proc/%d/stat", pid)); len(fields) > 14 {
		for _, f := range fields[11:15] {
			n, _ := strconv.Atoi(f)
			sum += time.Duration(n) * tick
		}
	}
	for _, c := range childrenOf(pid) {
		sum += cpuTime(c)
	}
	return sum
}
