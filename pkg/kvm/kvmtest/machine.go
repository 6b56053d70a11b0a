package kvmtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
)

// Machine is a small Debian with users and a root of its own: namespaces and an
// overlay over the folder that hack/test-machine makes, with sshd on a loopback
// port. It has no init system.
type Machine struct {
	Port int

	dir string
	cmd *exec.Cmd
}

// MachineOptions make a machine differ from the plain one, on which root logs
// in with the keys of Authorize.
type MachineOptions struct {
	// Setup is a script that runs as root on the machine before its server starts.
	Setup string
	// Config is further lines of sshd_config; they win over the others.
	Config string
}

// startScript runs in namespaces of its own: $1 is the base, $2 the test's
// folder, $3 the port. The processes end with it.
const startScript = `set -e
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
mount -t proc proc proc
mount -t tmpfs tmpfs run
mount --rbind /dev dev
mkdir -p run/sshd root/.ssh
cp "$2/sshd_config" etc/ssh/sshd_config
: >>root/.ssh/authorized_keys
chmod 700 root/.ssh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
export PATH HOME
if [ -s "$2/setup" ]; then chroot . sh -e <"$2/setup"; fi
chroot . /usr/sbin/sshd -D -e &
wait $!`

// StartMachine starts a machine that ends with the test.
func StartMachine(t testing.TB, o MachineOptions) *Machine {
	t.Helper()
	testneed.Root(t)
	testneed.Tool(t, "unshare")
	base, err := MachineBase("")
	if err != nil {
		testneed.Missing(t, "a Debian for test machines", err.Error())
	}
	m, err := NewMachine(base, t.TempDir(), o)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the machine's log:\n%s", m.log())
		}
		m.Stop()
	})
	return m
}

// MachineBase is the folder that hack/test-machine makes, with what its
// argument adds ("python"), or "" for the plain one.
func MachineBase(with string) (string, error) {
	cache := os.Getenv("APPIMG_TEST_CACHE")
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(dir, "appimg-test")
	}
	base := filepath.Join(cache, "debian-bookworm")
	if with != "" {
		base += "-" + with
	}
	_, err := os.Stat(filepath.Join(base, ".complete"))
	return base, err
}

// NewMachine starts a machine over base; dir, an empty folder, has what is
// written there. Stop ends it.
func NewMachine(base, dir string, o MachineOptions) (*Machine, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	m := &Machine{Port: port, dir: dir}
	for _, d := range []string{"upper", "work", "root"} {
		if err := os.Mkdir(filepath.Join(m.dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	config := fmt.Sprintf("%s\nListenAddress 127.0.0.1:%d\nUsePAM yes\nPermitRootLogin yes\nPidFile none\nLogLevel VERBOSE\nMaxStartups 200\nSubsystem sftp /usr/lib/openssh/sftp-server\n", o.Config, m.Port)
	for name, text := range map[string]string{"sshd_config": config, "setup": o.Setup} {
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	log, err := os.Create(filepath.Join(m.dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	m.cmd = exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", startScript, "sh", base, m.dir, strconv.Itoa(m.Port))
	m.cmd.Stdout, m.cmd.Stderr = log, log
	if err := m.cmd.Start(); err != nil {
		return nil, err
	}
	if err := m.waitListening(); err != nil {
		m.Stop()
		return nil, err
	}
	return m, nil
}

// cache is the folder of what is made once for all tests.
func cache(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("APPIMG_TEST_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	must(t, err)
	return filepath.Join(dir, "appimg-test")
}

func (m *Machine) waitListening() error {
	ended := make(chan error, 1)
	go func() { ended <- m.cmd.Wait() }()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-ended:
			return fmt.Errorf("the machine ended: %w\n%s", err, m.log())
		default:
		}
		if c, err := net.Dial("tcp", m.Addr()); err == nil {
			c.Close()
			return nil
		}
	}
	return fmt.Errorf("the machine does not answer\n%s", m.log())
}

func (m *Machine) log() []byte {
	text, _ := os.ReadFile(filepath.Join(m.dir, "log"))
	return text[max(0, len(text)-3000):]
}

// Stop ends the machine and all that runs on it.
func (m *Machine) Stop() {
	_ = m.cmd.Process.Kill() // the namespace and all in it end with it
	// The overlay's work folder goes away once the last process has.
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", m.Addr()); err == nil {
			c.Close()
			continue
		}
		return
	}
}

// CPUTime is the user and system time that the machine's processes have taken,
// those that have ended included.
func (m *Machine) CPUTime() time.Duration { return cpuTime(m.cmd.Process.Pid) }

// Idle reports whether nobody is logged in.
func (m *Machine) Idle() bool {
	for _, shell := range childrenOf(m.cmd.Process.Pid) {
		for _, sshd := range childrenOf(shell) {
			if len(childrenOf(sshd)) > 0 {
				return false
			}
		}
	}
	return true
}

// Addr is host:port.
func (m *Machine) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(m.Port)) }

// Target is what a user would type to log in as user.
func (m *Machine) Target(user string) string { return user + "@" + m.Addr() }

// Root is the machine's root folder, seen from here.
func (m *Machine) Root(t testing.TB) string {
	t.Helper()
	for _, pid := range childrenOf(m.cmd.Process.Pid) {
		for _, below := range append(childrenOf(pid), pid) {
			link, _ := os.Readlink(fmt.Sprintf("/proc/%d/root", below))
			if strings.HasPrefix(link, m.dir) {
				return fmt.Sprintf("/proc/%d/root", below)
			}
		}
	}
	t.Fatal("the machine has no process")
	return ""
}

// Authorize lets the holder of a private key log in as root.
func (m *Machine) Authorize(t testing.TB, keyFile string) {
	t.Helper()
	public, err := os.ReadFile(keyFile + ".pub")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(m.Root(t), "root/.ssh/authorized_keys"), public, 0o600))
}

// KnownHosts is the lines of known_hosts for the machine's keys.
func (m *Machine) KnownHosts(t testing.TB) string {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(m.Root(t), "etc/ssh/ssh_host_ed25519_key.pub"))
	must(t, err)
	return fmt.Sprintf("[127.0.0.1]:%d %s", m.Port, key)
}
