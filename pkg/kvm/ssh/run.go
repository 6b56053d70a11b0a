package ssh

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/appimg/appimg/pkg/kvm"
)

// preamble gives every script the same surroundings: messages in English, and
// the programs that only root has on its path. What was printed before it, by
// the files that the login shell reads (~/.bashrc), is not the script's: the
// mark ends it.
const preamble = "LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export LC_ALL PATH; umask 022; echo " + mark + "; echo " + mark + " >&2\n"

const mark = "=appimg=begin="

// Run runs the script as root, or as the user who logged in.
func (h *Host) Run(ctx context.Context, c kvm.Cmd) (kvm.Output, error) {
	var out kvm.Output
	var seen counter
	err := h.persist(ctx, func(err error) bool { return errors.Is(err, errUnstarted) || h.repeatable(c, &seen) }, func() int64 { return 0 }, func(l *link) error {
		var err error
		out, err = h.runOnce(ctx, l, c, &seen)
		return err
	})
	return out, err
}

// errUnstarted marks an error before a script could begin.
var errUnstarted = errors.New("starting a command")

// repeatable reports whether c may be run again after a lost connection; its
// input is at its beginning then.
func (h *Host) repeatable(c kvm.Cmd, seen *counter) bool {
	if !c.Repeatable() || seen.any() {
		return false
	}
	if c.Stdin == nil {
		return true
	}
	s, ok := c.Stdin.(io.Seeker)
	if !ok {
		return false
	}
	_, err := s.Seek(0, io.SeekStart)
	return err == nil
}

func (h *Host) runOnce(ctx context.Context, l *link, c kvm.Cmd, seen *counter) (out kvm.Output, err error) {
	name := "appimg-" + rand.Text()[:12]
	begun, over := make(chan struct{}), make(chan struct{})
	defer close(over)
	line, input := h.commandLine(c, name, func() error { return begins(begun, over) })
	var stdout, stderr bytes.Buffer
	var said tail
	toOut, toErr := io.Writer(&stdout), io.MultiWriter(&stderr, &said)
	if c.Stdout != nil {
		toOut = io.MultiWriter(seen, c.Stdout)
	}
	if c.Stderr != nil {
		toErr = io.MultiWriter(seen, &said, c.Stderr)
	}
	outMark, errMark := &afterMark{to: toOut, began: func() { close(begun) }}, &afterMark{to: toErr}
	err = h.session(ctx, l, c.Name(), line, streams{input, outMark, errMark}, func() { h.end(l, name, c.NoSudo) })
	if early := errMark.early(); early != nil { // sudo, or a shell that is none
		stderr.Write(early)
		_, _ = said.Write(early)
	}
	return kvm.Output{Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}, h.verdict(ctx, l, err, said.String())
}

// session runs a line of the login shell to its end; a cancelled one is ended
// by end. An error is the library's, unless the session did not begin.
func (h *Host) session(ctx context.Context, l *link, name, line string, s streams, end func()) error {
	begin := time.Now()
	session, err := l.client.NewSession()
	if err != nil {
		return errors.Join(errUnstarted, l.blame(err))
	}
	defer session.Close()
	session.Stdin, session.Stdout, session.Stderr = s.in, s.out, s.err
	if err := session.Start(line); err != nil {
		return l.blame(err)
	}
	err = waitFor(ctx, session, end)
	h.log.Debug(name, "took", time.Since(begin), "err", err)
	return err
}

// begins waits until a script has begun, or its session is over.
func begins(begun, over <-chan struct{}) error {
	const patience = 2 * time.Minute // directories of users may be slow
	select {
	case <-begun:
		return nil
	case <-over:
	case <-time.After(patience):
	}
	return io.ErrClosedPipe
}

// waitFor waits for the script's end; a cancelled one is ended on the machine.
func waitFor(ctx context.Context, session *ssh.Session, end func()) error {
	ended := make(chan error, 1)
	go func() { ended <- session.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		go end()
		select {
		case <-ended:
		case <-time.After(2 * time.Second):
			session.Close()
		}
		return ctx.Err()
	}
}

// endScript ends the process group of the shell whose $0 is appimg-$1. OpenSSH
// passes no signals on to the commands of root, and none before version 7.9.
const endScript = `for d in /proc/[0-9]*; do
	tr '\0' '\n' <"$d/cmdline" 2>/dev/null | grep -qx -e "appimg-$1" || continue
	read -r stat <"$d/stat" || continue
	set -- "$1" ${stat##*) }
	kill -TERM "-$4"
done`

// end ends the script called name, as far as the line and the server let it.
func (h *Host) end(l *link, name string, noSudo bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = h.runOnce(ctx, l, kvm.Cmd{
		Title: "ending a cancelled command", Script: endScript, Args: []string{strings.TrimPrefix(name, "appimg-")}, NoSudo: noSudo,
	}, &counter{})
}

// verdict turns the library's errors into those of kvm.Host.
func (h *Host) verdict(ctx context.Context, l *link, err error, said string) error {
	var exit *ssh.ExitError
	var missing *ssh.ExitMissingError
	switch {
	case err == nil || ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errUnstarted) || errors.Is(err, errLost):
		return err
	case errors.Is(err, io.EOF): // it ended with 0 before it had read all of its input
		return nil
	case errors.As(err, &exit):
		return h.sudo.explain(h, kvm.NewExitError(exit.ExitStatus(), exit.Signal(), []byte(said)))
	case errors.As(err, &missing) && !l.lost(err):
		return kvm.NewExitError(0, "unknown", []byte(said))
	}
	return l.blame(err)
}

// commandLine is what the login shell gets, with the script's $0, and the input: sudo's
// password comes first, where it wants one, and the rest after begun.
func (h *Host) commandLine(c kvm.Cmd, name string, begun func() error) (line string, input io.Reader) {
	line = "exec sh -c " + kvm.QuoteAll(append([]string{preamble + c.Script, name}, c.Args...)...)
	if c.NoSudo {
		return line, c.Stdin
	}
	return h.sudo.wrap(line, c.Stdin, begun)
}
