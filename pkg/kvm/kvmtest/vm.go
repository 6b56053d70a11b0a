package kvmtest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
)

// VM is a Debian in QEMU, without KVM, on one of the disks that hack/test-vm
// makes: the place where services, boots and images of disks are real. Its SSH
// server is at a loopback port, and the test's machine is 10.0.2.2 to it.
type VM struct {
	Port int
	// Config is a file for ssh -F, and for appimg -F: host "vm" is root on
	// this machine, with a key and a known host of the test's own.
	Config string

	dir     string // of this VM; the control socket needs a short path
	disk    string
	kernel  string
	console string
	qemu    *exec.Cmd
	ended   chan error
}

// VMOptions choose a VM's disk.
type VMOptions struct {
	// Image is systemd, sysvinit or openrc: the VM runs on a copy of that disk.
	Image string
	// Disk is the file of a disk instead, which the VM writes to.
	Disk string
	// NewKeys says that the machine makes host keys at this boot: the first
	// one that it shows is believed.
	NewKeys bool
}

// bootTime bounds a boot: without KVM it takes 20 s on a quiet machine, and ten
// times that beside other work.
const bootTime = 8 * time.Minute

// StartVM starts a VM that ends with the test, and waits until its SSH server
// answers. Root's authorized_keys is written anew.
func StartVM(t testing.TB, o VMOptions) *VM {
	t.Helper()
	testneed.Tool(t, "qemu-system-x86_64")
	testneed.Tool(t, "debugfs")
	testneed.Tool(t, "ssh")
	base := vmBase(t)
	dir, err := os.MkdirTemp("", "appimg-vm-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	port, err := freePort()
	must(t, err)
	vm := &VM{Port: port, dir: dir, disk: o.Disk, Config: filepath.Join(dir, "config"), console: filepath.Join(dir, "console")}
	if vm.disk == "" {
		vm.disk = filepath.Join(dir, "disk.img")
		copyDisk(t, filepath.Join(base, o.Image+".img"), vm.disk)
	}
	vm.configure(t, o.NewKeys)
	vm.kernel = filepath.Join(base, "vmlinuz")
	vm.boot(t)
	t.Cleanup(func() { vm.stop(t) })
	vm.WaitSSH(t)
	return vm
}

// vmBase is the folder that hack/test-vm makes.
func vmBase(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(cache(t), "vm")
	if _, err := os.Stat(filepath.Join(dir, "stamp")); err != nil {
		testneed.Missing(t, "disks of test VMs", err.Error())
	}
	return dir
}

// configure writes a key into the disk, and what ssh needs to get in.
func (vm *VM) configure(t testing.TB, newKeys bool) {
	t.Helper()
	key := newKeyAt(t, filepath.Join(vm.dir, "id"), "ed25519", "")
	PutOnDisk(t, vm.disk, "/root/.ssh/authorized_keys", key+".pub")
	known := filepath.Join(vm.dir, "known_hosts")
	checking, line := "accept-new", ""
	if !newKeys {
		checking = "yes"
		line = fmt.Sprintf("[127.0.0.1]:%d %s", vm.Port, OnDisk(t, vm.disk, "/etc/ssh/ssh_host_ed25519_key.pub"))
	}
	must(t, os.WriteFile(known, []byte(line), 0o600))
	config := fmt.Sprintf("Host vm\n  HostName 127.0.0.1\n  Port %d\n  User root\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n  StrictHostKeyChecking %s\n  ControlPath %s\n",
		vm.Port, key, known, checking, vm.control())
	must(t, os.WriteFile(vm.Config, []byte(config), 0o600))
}

func (vm *VM) boot(t testing.TB) {
	t.Helper()
	vm.qemu = exec.Command("qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "256", "-machine", "pc",
		"-nodefaults", "-no-user-config", "-display", "none", "-serial", "file:"+vm.console, "-kernel", vm.kernel, "-no-reboot",
		"-append", "root=/dev/nvme0n1 rw rootfstype=ext4 console=ttyS0 quiet net.ifnames=0 mitigations=off nokaslr random.trust_cpu=on tsc=reliable no_timer_check audit=0 apparmor=0",
		"-drive", "if=none,id=disk,format=raw,cache=unsafe,file="+vm.disk, "-device", "nvme,serial=appimg,drive=disk",
		"-netdev", fmt.Sprintf("user,id=net,hostfwd=tcp:127.0.0.1:%d-:22", vm.Port), "-device", "virtio-net-pci,netdev=net,romfile=")
	vm.qemu.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said bytes.Buffer
	vm.qemu.Stdout, vm.qemu.Stderr = &said, &said
	must(t, vm.qemu.Start())
	vm.ended = make(chan error, 1)
	go func() {
		err := vm.qemu.Wait()
		vm.ended <- errors.Join(err, errors.New(said.String()))
	}()
}

// stop ends the machine as pulling its plug would.
func (vm *VM) stop(t testing.TB) {
	vm.Hangup()
	_ = vm.qemu.Process.Kill() // it may have ended
	if t.Failed() {
		text, _ := os.ReadFile(vm.console)
		t.Logf("the end of the VM's console:\n%s", text[max(0, len(text)-4000):])
	}
}

// WaitSSH waits until the SSH server greets.
func (vm *VM) WaitSSH(t testing.TB) {
	t.Helper()
	begin := time.Now()
	for !vm.greets() {
		select {
		case err := <-vm.ended:
			t.Fatalf("the VM ended: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
		if time.Since(begin) > bootTime {
			t.Fatalf("the VM's SSH server does not answer within %v", bootTime)
		}
	}
	t.Logf("the VM answers after %v", time.Since(begin).Round(time.Second))
}

// greets: QEMU takes the connection itself, whether or not the machine does.
func (vm *VM) greets() bool {
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(vm.Port)))
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second)) // then the next line fails
	line, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "SSH-2.0-")
}

func (vm *VM) ssh(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ssh", append([]string{"-F", vm.Config}, args...)...)
}

// connect makes the connection that stays.
func (vm *VM) connect(ctx context.Context) error {
	if _, err := os.Stat(vm.control()); err == nil {
		return nil
	}
	log, err := os.Create(filepath.Join(vm.dir, "ssh.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := vm.ssh(ctx, "-M", "-N", "-f", "-o", "ConnectTimeout=60", "vm")
	cmd.Stderr = log // a pipe would be held open
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w\n%s", err, said)
	}
	return nil
}

func (vm *VM) control() string { return filepath.Join(vm.dir, "control") }

// Hangup ends the connection that stays; the next script makes a new one.
func (vm *VM) Hangup() {
	_ = vm.ssh(context.Background(), "-O", "exit", "vm").Run() // there may be none
	_ = os.Remove(vm.control())
}

// Try runs a script as root, over one connection that stays: it works on after
// the keys are gone.
func (vm *VM) Try(t testing.TB, script string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := vm.connect(ctx); err != nil {
		return "", err
	}
	cmd := vm.ssh(ctx, "-n", "vm", script)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	return stdout.String(), err
}

// Run runs a script as root, which must succeed, and returns what it printed.
func (vm *VM) Run(t testing.TB, script string) string {
	t.Helper()
	out, err := vm.Try(t, script)
	if err != nil {
		t.Fatalf("on the VM: %s\n%s%v", script, out, err)
	}
	return out
}

// Reboot boots the machine anew, in order.
func (vm *VM) Reboot(t testing.TB) {
	t.Helper()
	vm.down(t, "reboot")
	vm.boot(t)
	vm.WaitSSH(t)
}

// PowerOff shuts the machine down, and returns its disk.
func (vm *VM) PowerOff(t testing.TB) (disk string) {
	t.Helper()
	vm.down(t, "poweroff")
	return vm.disk
}

// down runs what ends the machine, and QEMU with it (-no-reboot).
func (vm *VM) down(t testing.TB, script string) {
	t.Helper()
	_, _ = vm.Try(t, script) // it may end before the answer
	select {
	case <-vm.ended:
	case <-time.After(bootTime):
		t.Fatalf("the VM does not end by %s", script)
	}
	vm.Hangup()
}

// copyDisk copies a disk without what is empty on it.
func copyDisk(t testing.TB, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "--sparse=always", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copying %s: %v\n%s", from, err, out)
	}
}

// CopyDisk is a copy of a disk, as capturing an instance makes one.
func CopyDisk(t testing.TB, disk string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "copy.img")
	copyDisk(t, disk, file)
	return file
}

// OnDisk is the content of a file on a disk that no machine runs on; "" for none.
func OnDisk(t testing.TB, disk, file string) string {
	t.Helper()
	out, err := exec.Command("debugfs", "-R", "cat "+file, disk).Output()
	must(t, err)
	return string(out)
}

// PutOnDisk makes a file of root's on a disk that no machine runs on.
func PutOnDisk(t testing.TB, disk, file, from string) {
	t.Helper()
	dir := filepath.Dir(file)
	commands := strings.NewReplacer("DIR", dir, "FILE", file, "FROM", from).Replace("mkdir DIR\nset_inode_field DIR mode 040700\nrm FILE\nwrite FROM FILE\nset_inode_field FILE mode 0100600\nset_inode_field FILE uid 0\nset_inode_field FILE gid 0\n")
	cmd := exec.Command("debugfs", "-w", "-f", "-", disk)
	cmd.Stdin = strings.NewReader(commands)
	out, err := cmd.CombinedOutput()
	must(t, err)
	want, err := os.ReadFile(from)
	must(t, err)
	if OnDisk(t, disk, file) != string(want) {
		t.Fatalf("%s could not be written on %s:\n%s", file, disk, out)
	}
}
