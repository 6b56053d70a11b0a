package windows

import (
	"context"
	"errors"

	"github.com/pkg/sftp"

	"github.com/appimg/appimg/pkg/kvm"
)

// Host is one Windows machine, connected, as somebody who should be one of its
// administrators. What is done on it may be done twice: after a lost connection.
type Host interface {
	// Name is what the user calls the machine.
	Name() string
	// Run runs a line for the machine's shell, and waits for its end. An exit
	// status other than 0 is a *kvm.ExitError.
	Run(ctx context.Context, doing, line string) (kvm.Output, error)
	// Files does something with the machine's files. Its paths are SFTP's: "/C:/…".
	Files(ctx context.Context, doing string, do func(*sftp.Client) error) error
	// Upload brings the file at path to c's content, or what is missing at its
	// end. Whether it is that content is for the caller to check.
	Upload(ctx context.Context, path string, c kvm.Content) error
	// Close ends the connection.
	Close() error
}

// Dialer makes the connection to a machine of either kind: one of the hosts is nil.
type Dialer interface {
	DialEither(ctx context.Context, t kvm.Target) (kvm.Host, Host, error)
}

// errWindows ends an installation for Linux.
var errWindows = errors.New("it is a Windows")

// either is a dialer for an installation on Linux, which keeps a Windows machine for one here.
type either struct {
	Dialer
	host Host
}

func (e *either) Dial(ctx context.Context, t kvm.Target) (kvm.Host, error) {
	linux, windows, err := e.DialEither(ctx, t)
	if windows != nil {
		e.host = windows
		return nil, errWindows
	}
	return linux, err
}
