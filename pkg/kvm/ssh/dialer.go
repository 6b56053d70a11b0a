package ssh

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/user"
	"time"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/sshconfig"
	"github.com/appimg/appimg/pkg/kvm/windows"
)

// Options of a Dialer. The zero value connects as "ssh -o BatchMode=yes" would:
// nobody is asked anything.
type Options struct {
	Home       string // the local user's home folder; "" asks the system
	User       string // the local user's name; "" asks the system
	ConfigFile string // like ssh -F: read instead of ~/.ssh/config and /etc/ssh/ssh_config; "none" is no file
	// Identities are private keys to offer before the configured ones, like ssh -i.
	Identities []string
	// Ask asks the person at the terminal; nil where there is none. It is never
	// called twice at the same time.
	Ask func(ctx context.Context, p Prompt) (string, error)
	// Password answers password and keyboard-interactive authentication of
	// every host (not of its jump hosts), and sudo; nil asks where there is somebody to ask.
	Password *string
	// SudoPassword is for sudo alone.
	SudoPassword *string
	// AcceptNewHostKey records the key of a host that is not known; one that
	// changed is refused all the same.
	AcceptNewHostKey bool
	// ConnectTimeout bounds one attempt until the server has proved who it is; 0
	// is the configuration's, and where that does not say, 15 seconds.
	ConnectTimeout time.Duration
	// Reconnect bounds how long a lost connection is tried to be brought back
	// without any progress; 0 is a minute.
	Reconnect time.Duration
	// KeepAlive is how often a silent server is asked whether it is there, where
	// the configuration does not say; 0 is 10 seconds. After three questions
	// without an answer the connection counts as lost.
	KeepAlive time.Duration
	// NetDial makes TCP connections; nil is net.Dialer.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Log gets what is done, never a secret; nil is nowhere.
	Log *slog.Logger
	// Progress hears of transfers, in bytes; nil is nobody.
	Progress func(host, path string, done, total int64)
	// Lost hears of connections that ended and are brought back; nil is nobody.
	Lost func(host string, why error)
}

// Dialer connects to machines. What it was told once (a passphrase, a
// password) it uses for all of them.
type Dialer struct {
	o       Options
	config  *sshconfig.Config
	secrets *secrets
	doors   doors
	log     *slog.Logger
}

var _ kvm.Dialer = (*Dialer)(nil)

// NewDialer prepares connections: nothing is dialled yet.
func NewDialer(o Options) (*Dialer, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("preparing to connect: %w", err)
	}
	config, err := sshconfig.Load(sshconfig.Options{Home: o.Home, User: o.User, File: o.ConfigFile})
	if err != nil {
		return nil, err
	}
	return &Dialer{o: o, config: config, secrets: newSecrets(o.Ask), log: o.Log}, nil
}

func (o *Options) complete() error {
	if o.User == "" {
		me, err := user.Current()
		if err != nil {
			return err
		}
		o.User = me.Username
	}
	if o.Home == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return err
		}
		o.Home = home
	}
	if o.Reconnect == 0 {
		o.Reconnect = time.Minute
	}
	if o.KeepAlive == 0 {
		o.KeepAlive = 10 * time.Second
	}
	if o.NetDial == nil {
		o.NetDial = (&net.Dialer{}).DialContext
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Dial connects to a machine and finds out how to be root there. One that runs
// Windows is refused.
func (d *Dialer) Dial(ctx context.Context, t kvm.Target) (kvm.Host, error) {
	h, err := d.dial(ctx, t)
	if err != nil {
		return nil, err
	}
	if h.windows {
		err := diag.WithHint(errors.New("it is a Windows, and this command works on Linux"), "on Windows there is \"appimg kvm install-agent\" alone")
		return nil, errors.Join(fmt.Errorf("connecting to %q: %w", h.name, err), h.Close())
	}
	return h, nil
}

// DialEither connects to a machine of either kind: one of the hosts is nil.
func (d *Dialer) DialEither(ctx context.Context, t kvm.Target) (kvm.Host, windows.Host, error) {
	h, err := d.dial(ctx, t)
	switch {
	case err != nil:
		return nil, nil, err
	case h.windows:
		return nil, &windowsHost{h}, nil
	}
	return h, nil, nil
}

func (d *Dialer) dial(ctx context.Context, t kvm.Target) (*Host, error) {
	s, err := d.config.For(ctx, sshconfig.Query{Host: t.Host, User: t.User, Port: t.Port})
	if err != nil {
		return nil, err
	}
	h := &Host{d: d, name: t.String(), settings: s, noSudo: t.NoSudo, log: d.log.With("host", t.String())}
	if err := h.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connecting to %q: %w", h.name, err), h.Close())
	}
	return h, nil
}
