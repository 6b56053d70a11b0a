package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/hostkeys"
	"github.com/appimg/appimg/pkg/kvm/sshconfig"
)

// Host is a machine behind one connection, which is made anew when it is lost.
type Host struct {
	d        *Dialer
	name     string
	settings *sshconfig.Settings
	log      *slog.Logger
	sudo     sudo
	noSudo   bool
	windows  bool // it is behind Microsoft's server

	mu     sync.Mutex // one redial at a time
	link   *link
	pin    pin
	closed bool

	sftp sftpState
}

var _ kvm.Host = (*Host)(nil)

// Name is the target as it was asked for.
func (h *Host) Name() string { return h.name }

// open makes the first connection and, on a machine that has one, finds out how
// to be root.
func (h *Host) open(ctx context.Context) error {
	begin := time.Now()
	if err := h.dial(ctx); err != nil {
		return err
	}
	h.log.Debug("connected", "user", h.settings.User, "addr", h.settings.Addr(), "took", time.Since(begin))
	// Whatever the shell behind this greeting is, it could not run a script of
	// ours; as a jump host it will do.
	if h.windows = strings.Contains(string(h.link.client.ServerVersion()), "OpenSSH_for_Windows"); h.windows {
		return nil
	}
	return h.findRoot(ctx)
}

// dial replaces the connection. The caller holds mu, or is open.
func (h *Host) dial(ctx context.Context) error {
	l, err := dialing{d: h.d, s: h.settings, given: h.d.o.Password, pin: &h.pin}.connect(ctx)
	if err == nil {
		h.link = l
	}
	return err
}

// connection is the live connection; a lost one is brought back first.
func (h *Host) connection(ctx context.Context) (*link, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errors.New("it was closed")
	}
	if h.link != nil && h.link.why() == nil {
		return h.link, nil
	}
	if h.link != nil {
		h.log.Warn("the connection was lost", "why", h.link.why())
		if h.d.o.Lost != nil {
			h.d.o.Lost(h.name, h.link.why())
		}
		h.link.Close()
		h.link = nil // it was told
	}
	end := time.Now().Add(h.d.o.Reconnect)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := h.dial(ctx)
		if err == nil {
			h.log.Info("connected again")
			return h.link, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if permanent(err) || time.Now().Add(wait).After(end) {
			return nil, &kvm.LostError{Err: fmt.Errorf("connecting again: %w", err)}
		}
		sleep(ctx, wait)
	}
}

// permanent: trying again would not help.
func permanent(err error) bool {
	var auth *AuthError
	var unknown *hostkeys.UnknownError
	var changed *hostkeys.ChangedError
	var ruledOut *hostkeys.RuledOutError
	var revoked *hostkeys.RevokedError
	return errors.As(err, &auth) || errors.As(err, &unknown) || errors.As(err, &changed) || errors.As(err, &ruledOut) || errors.As(err, &revoked)
}

// persist calls do with a live connection until it ends by another error than
// the connection's, or without one. may says whether it may be called again;
// progress is how far it has come: as long as that grows, it goes on.
func (h *Host) persist(ctx context.Context, may func(error) bool, progress func() int64, do func(*link) error) error {
	last, since := int64(-1), time.Now()
	for {
		l, err := h.connection(ctx)
		if err != nil {
			return err
		}
		err = do(l)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, errLost) {
			return err
		}
		if p := progress(); p > last {
			last, since = p, time.Now()
		}
		why := l.why()
		if why == nil {
			why = err
		}
		if !may(err) || time.Since(since) > h.d.o.Reconnect {
			return &kvm.LostError{Err: why}
		}
	}
}

// Close ends the connection; a second call does nothing.
func (h *Host) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.link == nil {
		return nil
	}
	l := h.link
	h.link = nil
	if err := l.Close(); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: closing the connection: %w", h.name, err)
	}
	return nil
}
