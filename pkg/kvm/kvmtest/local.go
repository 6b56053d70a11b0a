// Package kvmtest is machines for tests: this one (Local), OpenSSH servers on
// loopback ports (Server), roots of their own behind such a server (Machine),
// and virtual machines that boot (VM).
package kvmtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/appimg/appimg/pkg/kvm"
)

// Local is a kvm.Host whose scripts run as processes of the test: real shells
// without a connection. Ran has what was run.
type Local struct {
	// Shell runs the scripts; nil is sh.
	Shell []string
	// Root is a folder to change the root to (as root), "" for none.
	Root string

	mu      sync.Mutex
	ran     []kvm.Cmd
	uploads []string
}

var _ kvm.Host = (*Local)(nil)

// Name is "local".
func (l *Local) Name() string { return "local" }

// Close does nothing.
func (l *Local) Close() error { return nil }

// Ran is every command that was run so far.
func (l *Local) Ran() []kvm.Cmd {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]kvm.Cmd(nil), l.ran...)
}

// Uploads is the paths of every upload so far.
func (l *Local) Uploads() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.uploads...)
}

// Run runs the script in the shell.
func (l *Local) Run(ctx context.Context, c kvm.Cmd) (kvm.Output, error) {
	l.mu.Lock()
	l.ran = append(l.ran, c)
	l.mu.Unlock()
	shell := l.Shell
	if shell == nil {
		shell = []string{"sh"}
	}
	argv := append(append(append([]string(nil), shell...), "-c", c.Script, "sh"), c.Args...)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	if l.Root != "" {
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: l.Root}
		cmd.Dir = "/"
		cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"}
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, c.Stdout, c.Stderr
	if c.Stdout == nil {
		cmd.Stdout = &stdout
	}
	if c.Stderr == nil {
		cmd.Stderr = &stderr
	}
	err := cmd.Run()
	out := kvm.Output{Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return out, err
	}
	if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
		name := strings.TrimPrefix(status.Signal().String(), "SIG")
		return out, kvm.NewExitError(0, name, out.Stderr)
	}
	return out, kvm.NewExitError(exit.ExitCode(), "", out.Stderr)
}

// Upload writes the file.
func (l *Local) Upload(_ context.Context, path string, c kvm.Content) error {
	l.mu.Lock()
	l.uploads = append(l.uploads, path)
	l.mu.Unlock()
	data, err := io.ReadAll(c.From(0))
	if err != nil {
		return err
	}
	if c.SHA256 != "" && kvm.SumOf(data) != c.SHA256 {
		return errors.New("the content does not have its sha256")
	}
	return os.WriteFile(filepath.Join(l.Root, path), data, 0o600)
}
