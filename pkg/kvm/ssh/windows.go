package ssh

import (
	"bytes"
	"context"
	"errors"

	"github.com/pkg/sftp"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/windows"
)

// windowsHost is a machine behind Microsoft's server: no sh, no sudo, but SFTP
// and the programs of Windows.
type windowsHost struct{ h *Host }

var _ windows.Host = (*windowsHost)(nil)

// Name is the target as it was asked for.
func (w *windowsHost) Name() string { return w.h.name }

// Close ends the connection.
func (w *windowsHost) Close() error { return w.h.Close() }

// Run runs a command line, again after a lost connection.
func (w *windowsHost) Run(ctx context.Context, doing, line string) (out kvm.Output, err error) {
	err = w.h.persist(ctx, func(error) bool { return true }, func() int64 { return 0 }, func(l *link) error {
		var stdout, stderr bytes.Buffer
		err := w.h.session(ctx, l, doing, line, streams{nil, &stdout, &stderr}, func() {})
		out = kvm.Output{Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}
		return w.h.verdict(ctx, l, err, stderr.String())
	})
	return out, err
}

// Files calls do, again after a lost connection.
func (w *windowsHost) Files(ctx context.Context, doing string, do func(*sftp.Client) error) error {
	err := w.h.persist(ctx, func(error) bool { return true }, func() int64 { return 0 }, func(l *link) error {
		client, _, err := w.h.sftp.client(l)
		if err != nil {
			return l.blame(err)
		}
		done := make(chan error, 1)
		go func() { done <- do(client) }()
		select {
		case err = <-done:
		case <-ctx.Done(): // what is under way ends with the connection
			return ctx.Err()
		}
		return l.blame(err)
	})
	w.h.log.Debug(doing, "err", err)
	if errors.Is(err, errNoSFTP) {
		return errors.New("the server has no SFTP: it is needed on Windows")
	}
	return err
}

// Upload brings path to c's content, or what is missing at its end.
func (w *windowsHost) Upload(ctx context.Context, path string, c kvm.Content) error {
	return w.h.send(ctx, path, path, 0, c)
}
