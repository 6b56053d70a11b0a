package ssh

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// proxyConn is a connection over the standard streams of a ProxyCommand.
type proxyConn struct {
	stdin   io.WriteCloser
	stdout  io.ReadCloser
	cmd     *exec.Cmd
	command string
	said    tail
	wait    func() error // for the command's end, once
}

// startProxy runs a ProxyCommand in the user's shell.
func startProxy(command string) (net.Conn, error) {
	shell := os.Getenv("SHELL")
	if !filepath.IsAbs(shell) {
		shell = "/bin/sh"
	}
	p := &proxyConn{cmd: exec.Command(shell, "-c", "exec "+command), command: command}
	p.cmd.Stderr = &p.said
	// A child of the command that outlives it and holds the stream is not waited for.
	p.cmd.WaitDelay = time.Second
	p.wait = sync.OnceValue(p.cmd.Wait)
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err == nil {
		p.stdout, err = p.cmd.StdoutPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting the ProxyCommand %q: %w", command, err)
	}
	return p, nil
}

// Read says why, where the command ended.
func (p *proxyConn) Read(b []byte) (int, error) {
	n, err := p.stdout.Read(b)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	ended := p.wait()
	why := p.said.String()
	if why == "" && ended != nil {
		why = ended.Error()
	}
	if why != "" {
		err = fmt.Errorf("the ProxyCommand %q ended: %s", p.command, why)
	}
	return n, err
}

// Write writes to the command's input.
func (p *proxyConn) Write(b []byte) (int, error) { return p.stdin.Write(b) }

// Close ends the command.
func (p *proxyConn) Close() error {
	p.stdin.Close()
	_ = p.cmd.Process.Kill() // it may have ended by itself
	_ = p.wait()             // with the signal, as it should
	return nil
}

// LocalAddr and RemoteAddr have no meaning for a command.
func (p *proxyConn) LocalAddr() net.Addr  { return &net.UnixAddr{Name: p.command, Net: "proxycommand"} }
func (p *proxyConn) RemoteAddr() net.Addr { return p.LocalAddr() }

// Deadlines are kept by closing the connection.
func (p *proxyConn) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (p *proxyConn) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (p *proxyConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
