package ssh

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/hostkeys"
	"github.com/appimg/appimg/pkg/kvm/sshconfig"
)

// defaultTimeout bounds one attempt to connect where nobody says.
const defaultTimeout = 15 * time.Second

// maxHops bounds a chain of jump hosts.
const maxHops = 16

// dialing is one attempt to reach one host; its jump hosts are attempts of their own.
type dialing struct {
	d     *Dialer
	s     *sshconfig.Settings
	given *string // the password for this host
	depth int
	pin   *pin
}

// pin is the key that a host showed first: a reconnection wants the same one,
// even where no file remembers it.
type pin struct{ key ssh.PublicKey }

// connect dials, checks who is there and logs in.
func (a dialing) connect(ctx context.Context) (*link, error) {
	timeout := cmp.Or(a.d.o.ConnectTimeout, a.s.ConnectTimeout, defaultTimeout)
	conn, below, entered, err := a.transport(ctx, timeout)
	if err != nil {
		return nil, err
	}
	defer entered()
	l := &link{below: below, dead: make(chan struct{}), heard: &heard{Conn: conn, ack: quickAck(conn)}}
	if l.client, err = a.handshake(ctx, l.heard, timeout); err != nil {
		conn.Close()
		for _, c := range slices.Backward(below) {
			c.Close()
		}
		return nil, err
	}
	go l.watch()
	go l.keepAlive(a.interval(), max(a.s.ServerAliveCountMax, 1))
	return l, nil
}

func (a dialing) interval() time.Duration {
	if a.s.ServerAliveInterval > 0 {
		return a.s.ServerAliveInterval
	}
	return a.d.o.KeepAlive
}

// transport is the way to the server: TCP, through jump hosts, or a command's
// standard streams. entered is to be called once the server has let us in, or not.
func (a dialing) transport(ctx context.Context, timeout time.Duration) (conn net.Conn, below []io.Closer, entered func(), err error) {
	switch {
	case a.s.ProxyCommand != "":
		conn, err := startProxy(a.s.ProxyCommand)
		return conn, nil, func() {}, err
	case len(a.s.ProxyJump) > 0:
		conn, below, err := a.jump(ctx, timeout)
		return conn, below, func() {}, err
	}
	if entered, err = a.d.doors.enter(ctx, a.s.Addr()); err != nil {
		return nil, nil, nil, err
	}
	if conn, err = a.dialTCP(ctx, timeout); err != nil {
		entered()
	}
	return conn, nil, entered, err
}

func (a dialing) dialTCP(ctx context.Context, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	network := map[string]string{"inet": "tcp4", "inet6": "tcp6"}[a.s.AddressFamily]
	if network == "" {
		network = "tcp"
	}
	var err error
	for i := range a.s.ConnectionAttempts {
		if i > 0 {
			sleep(ctx, time.Second)
		}
		var conn net.Conn
		if conn, err = a.d.o.NetDial(ctx, network, a.s.Addr()); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// jump reaches the server through its hops: the last hop is reached through
// those before it, with its own configuration.
func (a dialing) jump(ctx context.Context, timeout time.Duration) (net.Conn, []io.Closer, error) {
	if a.depth >= maxHops {
		return nil, nil, diag.WithHint(fmt.Errorf("more than %d jump hosts", maxHops), "a ProxyJump of ~/.ssh/config leads back to itself: exclude the jump host (Host !bastion *)")
	}
	hops := a.s.ProxyJump
	last := hops[len(hops)-1]
	t, err := kvm.ParseTarget(last)
	if err != nil {
		return nil, nil, err
	}
	s, err := a.d.config.For(ctx, sshconfig.Query{Host: t.Host, User: t.User, Port: t.Port, ProxyJump: strings.Join(hops[:len(hops)-1], ",")})
	if err != nil {
		return nil, nil, err
	}
	hop, err := dialing{d: a.d, s: s, depth: a.depth + 1, pin: &pin{}}.connect(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("connecting to the jump host %q: %w", last, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := hop.client.DialContext(ctx, "tcp", a.s.Addr())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("reaching %q through the jump host %q: %w", a.s.Addr(), last, err), hop.Close())
	}
	return conn, []io.Closer{hop}, nil
}

// handshake proves the server's identity within timeout, and logs in. Logging
// in may wait for a person, so it has more time.
func (a dialing) handshake(ctx context.Context, conn net.Conn, timeout time.Duration) (*ssh.Client, error) {
	const loginTime = 3 * time.Minute
	auth, done := a.d.authenticator(ctx, a.s, a.given)
	defer done()
	check := newHostCheck(a)
	var late atomic.Bool
	alarm := time.AfterFunc(timeout, func() { late.Store(true); conn.Close() })
	defer alarm.Stop()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	config := &ssh.ClientConfig{
		User:          a.s.User,
		ClientVersion: "SSH-2.0-appimg",
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			alarm.Reset(loginTime)
			return check.check(key)
		},
		HostKeyAlgorithms: check.algorithms,
		AuthCallback:      auth.next,
		Config:            a.algorithms(),
	}
	c, chans, reqs, err := ssh.NewClientConn(conn, a.s.Addr(), config)
	if ctx.Err() != nil {
		err = ctx.Err()
	} else if late.Load() {
		err = fmt.Errorf("no answer within %s", timeout)
	}
	if err != nil {
		return nil, auth.blame(err, check.err)
	}
	auth.succeeded()
	return ssh.NewClient(c, chans, reqs), nil
}

// algorithms are the configured ones among those that are supported; old
// servers (CentOS 6) need ones that OpenSSH today has off by default.
func (a dialing) algorithms() ssh.Config {
	ok, old := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	kex := append(slices.Clone(ok.KeyExchanges), ssh.InsecureKeyExchangeDH14SHA1)
	return ssh.Config{
		KeyExchanges: hostkeys.Apply(a.s.KexAlgorithms, kex, append(kex, old.KeyExchanges...)),
		Ciphers:      hostkeys.Apply(a.s.Ciphers, ok.Ciphers, append(slices.Clone(ok.Ciphers), old.Ciphers...)),
		MACs:         hostkeys.Apply(a.s.MACs, ok.MACs, append(slices.Clone(ok.MACs), old.MACs...)),
	}
}

// sleep waits, or ends with ctx.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
