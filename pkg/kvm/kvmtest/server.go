package kvmtest

import (
	"bytes"
	"errors"
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

// Server is an OpenSSH server on a loopback port, a process of the test. Root
// logs in with the keys of Authorize, and commands run on this very machine,
// or below ServerOptions.Chroot.
type Server struct {
	Dir  string // keys, configuration, log
	Port int

	sshd   string
	config string
	cmd    *exec.Cmd
}

// ServerOptions make a server differ from the plain one.
type ServerOptions struct {
	HostKeys []string // kinds for ssh-keygen -t; nil is ed25519
	NoSFTP   bool
	Chroot   string // a folder that becomes the root of everything that runs
	Config   string // further lines of sshd_config; they win over the others
}

// StartServer starts a server that ends with the test.
func StartServer(t testing.TB, o ServerOptions) *Server {
	t.Helper()
	testneed.Root(t)
	s := &Server{Dir: t.TempDir(), sshd: sshd(t)}
	port, err := freePort()
	must(t, err)
	s.Port = port
	var c strings.Builder
	c.WriteString(o.Config + "\n")
	fmt.Fprintf(&c, "ListenAddress 127.0.0.1:%d\nAuthorizedKeysFile %s\n", s.Port, s.authorized())
	// The shells must not read this machine's own ~/.bashrc.
	fmt.Fprintf(&c, "SetEnv HOME=%s\n", s.Dir)
	c.WriteString("PasswordAuthentication no\nKbdInteractiveAuthentication no\n")
	c.WriteString("UsePAM no\nStrictModes no\nPermitRootLogin yes\nPidFile none\nLogLevel VERBOSE\nMaxSessions 50\n")
	if !strings.Contains(o.Config, "MaxStartups") { // of this one the last counts
		c.WriteString("MaxStartups 200\n")
	}
	if !o.NoSFTP {
		c.WriteString("Subsystem sftp internal-sftp\n")
	}
	if o.Chroot != "" {
		fmt.Fprintf(&c, "ChrootDirectory %s\n", o.Chroot)
	}
	kinds := o.HostKeys
	if kinds == nil {
		kinds = []string{"ed25519"}
	}
	for _, kind := range kinds {
		fmt.Fprintf(&c, "HostKey %s\n", newKeyAt(t, filepath.Join(s.Dir, "host_"+kind), kind, ""))
	}
	s.config = filepath.Join(s.Dir, "sshd_config")
	must(t, os.WriteFile(s.config, []byte(c.String()), 0o600))
	must(t, os.WriteFile(s.authorized(), nil, 0o600))
	s.Start(t)
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			t.Logf("the end of sshd's log:\n%s", log[max(0, len(log)-3000):])
		}
	})
	return s
}

func sshd(t testing.TB) string {
	t.Helper()
	// Its privilege separation wants this folder, which a service would make.
	must(t, os.MkdirAll("/run/sshd", 0o755))
	if p, err := exec.LookPath("sshd"); err == nil {
		return p
	}
	if _, err := os.Stat("/usr/sbin/sshd"); err == nil {
		return "/usr/sbin/sshd"
	}
	return testneed.Tool(t, "sshd")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Start starts a server that was stopped, with its keys and its port.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.cmd = exec.Command(s.sshd, "-D", "-e", "-f", s.config)
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	defer log.Close()
	s.cmd.Stderr = log
	must(t, s.cmd.Start())
	s.waitListening(t)
}

func (s *Server) waitListening(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", s.Addr())
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			t.Fatalf("sshd does not listen: %v\n%s", err, text)
		}
	}
}

// Stop ends the server and its sessions.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	killTree(s.cmd.Process.Pid)
	_ = s.cmd.Wait() // it was killed
	s.cmd = nil
}

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// Target is what a user would type: root@127.0.0.1:port.
func (s *Server) Target() string { return "root@" + s.Addr() }

func (s *Server) authorized() string { return filepath.Join(s.Dir, "authorized_keys") }

// Authorize lets the holder of a private key log in; options go in front of it.
func (s *Server) Authorize(t testing.TB, keyFile, options string) {
	t.Helper()
	public, err := os.ReadFile(keyFile + ".pub")
	must(t, err)
	f, err := os.OpenFile(s.authorized(), os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = f.WriteString(strings.TrimSpace(options+" "+string(public)) + "\n")
	must(t, errors.Join(err, f.Close()))
}

// KnownHosts is the lines of known_hosts for the server's keys.
func (s *Server) KnownHosts(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.Dir, "host_*.pub"))
	must(t, err)
	var b bytes.Buffer
	for _, f := range files {
		if strings.HasSuffix(f, "-cert.pub") {
			continue
		}
		key, err := os.ReadFile(f)
		must(t, err)
		fmt.Fprintf(&b, "[127.0.0.1]:%d %s", s.Port, key)
	}
	return b.String()
}

// Home is the folder whose ~/.bashrc the login shell reads.
func (s *Server) Home() string { return s.Dir }

// HostKey is the file of one of the server's private keys.
func (s *Server) HostKey(kind string) string { return filepath.Join(s.Dir, "host_"+kind) }

// Log is what sshd has written so far.
func (s *Server) Log(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Dir, "log"))
	must(t, err)
	return string(text)
}

// NewKey makes a private key (and its .pub) with ssh-keygen. Kind is ed25519,
// rsa, ecdsa, …; a kind like "rsa-pem" is in the old format.
func NewKey(t testing.TB, kind, passphrase string) string {
	t.Helper()
	return newKeyAt(t, filepath.Join(t.TempDir(), "id_"+kind), kind, passphrase)
}

func newKeyAt(t testing.TB, file, kind, passphrase string) string {
	t.Helper()
	args := []string{"-q", "-t", strings.TrimSuffix(kind, "-pem"), "-N", passphrase, "-C", "appimg test", "-f", file}
	if strings.HasSuffix(kind, "-pem") {
		args = append(args, "-m", "PEM")
	}
	if strings.HasPrefix(kind, "rsa") {
		args = append(args, "-b", "2048")
	}
	Keygen(t, args...)
	return file
}

// Keygen runs ssh-keygen.
func Keygen(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command(testneed.Tool(t, "ssh-keygen"), args...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen %q: %v\n%s", args, err, out)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
