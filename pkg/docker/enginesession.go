package docker

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/moby/client"
)

// buildSession is the connection on which BuildKit calls back during a build,
// gRPC with the roles turned round: it asks whether we are alive, and for the
// credentials of registries. The context goes up with the request, so nothing
// else of BuildKit's session protocol is needed.
type buildSession struct {
	id       string
	server   *http.Server
	keychain authn.Keychain
	served   chan struct{}
}

// The calls that are answered.
const (
	callHealth      = "/grpc.health.v1.Health/Check"
	callCredentials = "/moby.filesync.v1.Auth/Credentials"
)

var errNoBuildKit = errors.New("the engine has no BuildKit")

// openSession opens a session with the engine's BuildKit.
func openSession(ctx context.Context, cl *client.Client, keychain authn.Keychain) (*buildSession, error) {
	ping, err := cl.Ping(ctx, client.PingOptions{})
	if err != nil {
		return nil, err
	}
	if ping.OSType == "windows" {
		return nil, errNoBuildKit
	}
	s := &buildSession{id: strings.ToLower(rand.Text()), keychain: keychain, served: make(chan struct{})}
	conn, err := cl.DialHijack(ctx, "/session", "h2c", map[string][]string{
		"X-Docker-Expose-Session-Uuid":        {s.id},
		"X-Docker-Expose-Session-Name":        {"appimg"},
		"X-Docker-Expose-Session-Sharedkey":   {""},
		"X-Docker-Expose-Session-Grpc-Method": {callHealth, callCredentials},
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w", errNoBuildKit, err)
	}
	protocols := &http.Protocols{}
	protocols.SetUnencryptedHTTP2(true)
	s.server = &http.Server{Handler: s, Protocols: protocols}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(&oneConn{conn: conn, closed: make(chan struct{})}) // it always ends with an error: being closed
	}()
	return s, nil
}

func (s *buildSession) close() {
	s.server.Close()
	<-s.served
}

// maxCall bounds a request of the engine, in bytes.
const maxCall = 64 << 10

// ServeHTTP answers one unary gRPC call.
func (s *buildSession) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
	code, answer := grpcUnimplemented, []byte(nil)
	switch r.URL.Path {
	case callHealth:
		code, answer = grpcOK, []byte{1 << 3, 1} // status: SERVING
	case callCredentials:
		host, err := readCall(r.Body)
		if err != nil {
			code = grpcInvalid
			break
		}
		code, answer = grpcOK, s.credentials(r.Context(), string(fieldsOf(host)[1]))
	}
	if code == grpcOK {
		head := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(answer)))
		_, _ = w.Write(append(head, answer...)) // a lost engine shows on the build itself
	}
	w.Header().Set("Grpc-Status", strconv.Itoa(code))
}

const (
	grpcOK            = 0
	grpcInvalid       = 3
	grpcUnimplemented = 12
)

// readCall reads the one message of a unary call.
func readCall(body io.Reader) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(body, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if head[0] != 0 || n > maxCall {
		return nil, errors.New("compressed, or too large")
	}
	data := make([]byte, n)
	_, err := io.ReadFull(body, data)
	return data, err
}

// credentials is moby.filesync.v1.CredentialsResponse: 1 user, 2 secret. Both
// are empty for a registry without a login.
func (s *buildSession) credentials(ctx context.Context, host string) []byte {
	if host == "registry-1.docker.io" {
		host = name.DefaultRegistry // under this name docker login keeps it
	}
	reg, err := name.NewRegistry(host)
	if err != nil {
		return nil
	}
	auth, err := authn.Resolve(ctx, s.keychain, reg)
	if err != nil {
		return nil
	}
	config, err := authn.Authorization(ctx, auth)
	if err != nil {
		return nil
	}
	if config.IdentityToken != "" {
		return appendString(nil, 2, config.IdentityToken)
	}
	return appendString(appendString(nil, 1, config.Username), 2, config.Password)
}

// oneConn is a listener on which one connection has come in.
type oneConn struct {
	conn   net.Conn
	closed chan struct{}
	once   sync.Once
	taken  bool
}

func (l *oneConn) Accept() (net.Conn, error) {
	if !l.taken {
		l.taken = true
		return l.conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }
