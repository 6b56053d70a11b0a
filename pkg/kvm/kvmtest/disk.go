package kvmtest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
)

// Disk is a disk of a machine's own that can be slow: an ext4 on a loop device,
// whose writers the kernel holds back.
type Disk struct {
	Device string // /dev/loopN; to be mounted with "-o sync", so that its writers wait for it
	number string // MAJOR:MINOR
	group  string // the control group of the slow ones
	file   string // of the group that has the bound
	format string // of a line of that file
}

// NewDisk makes a disk of size MB that ends with the test: before the machine
// that mounts it is started.
func NewDisk(t testing.TB, size int) *Disk {
	t.Helper()
	testneed.Root(t)
	losetup := testneed.Tool(t, "losetup")
	d := &Disk{}
	d.control(t)
	file := filepath.Join(t.TempDir(), "disk.img")
	must(t, os.WriteFile(file, nil, 0o600))
	must(t, os.Truncate(file, int64(size)<<20))
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", file).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4: %v\n%s", err, out)
	}
	out, err := exec.Command(losetup, "-f", "--show", file).Output()
	if err != nil {
		testneed.Missing(t, "loop devices", err.Error())
	}
	d.Device = strings.TrimSpace(string(out))
	t.Cleanup(func() { _ = exec.Command(losetup, "-d", d.Device).Run() }) // it goes with its last mount
	number, err := os.ReadFile(filepath.Join("/sys/block", filepath.Base(d.Device), "dev"))
	must(t, err)
	d.number = strings.TrimSpace(string(number))
	return d
}

// control makes the control group, of either version.
func (d *Disk) control(t testing.TB) {
	t.Helper()
	top := "/sys/fs/cgroup"
	if _, err := os.Stat(top + "/blkio"); err == nil {
		top += "/blkio"
		d.file, d.format = "blkio.throttle.write_bps_device", "%s %d\n"
	} else {
		d.file, d.format = "io.max", "%s wbps=%d\n"
		_ = os.WriteFile(top+"/cgroup.subtree_control", []byte("+io\n"), 0o644) // the next step shows whether it could be
	}
	d.group = filepath.Join(top, "appimg-"+rand.Text()[:12])
	err := os.Mkdir(d.group, 0o755)
	if err == nil {
		t.Cleanup(func() {
			for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && errors.Is(os.Remove(d.group), syscall.EBUSY); {
				time.Sleep(20 * time.Millisecond) // the last of the machine's processes is about to end
			}
		})
		_, err = os.Stat(filepath.Join(d.group, d.file))
	}
	if err != nil {
		testneed.Missing(t, "a kernel that bounds the speed of disks", err.Error())
	}
}

// Slow bounds what m's processes, and those that they start, write to the disk,
// in bytes per second.
func (d *Disk) Slow(t testing.TB, m *Machine, rate int64) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(d.group, d.file), fmt.Appendf(nil, d.format, d.number, rate), 0o644))
	for _, pid := range withChildren(m.cmd.Process.Pid) {
		// One that has ended meanwhile is none of the slow.
		_ = os.WriteFile(filepath.Join(d.group, "cgroup.procs"), fmt.Appendln(nil, pid), 0o644)
	}
}

func withChildren(pid int) []int {
	out := []int{pid}
	for _, c := range childrenOf(pid) {
		out = append(out, withChildren(c)...)
	}
	return out
}
