package server

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"time"
)

// How long requests that are no waits may still take once Serve is to end.
const lastRequests = 300 * time.Millisecond

// Serve answers nodes at one listener and the operator at the other (nil: no
// operator) until ctx is done; then it ends all waits, lets other requests
// finish for a moment, and closes everything. Nil is the error of an end by
// ctx. What net/http has to complain about goes to complaints, if that is not nil.
func (s *Server) Serve(ctx context.Context, nodes, operator net.Listener, complaints *log.Logger) error {
	servers := []*http.Server{newHTTPServer(s.Data(), complaints)}
	listeners := []net.Listener{nodes}
	if operator != nil {
		servers = append(servers, newHTTPServer(s.Manage(), complaints))
		listeners = append(listeners, operator)
	}
	ended := make(chan error, len(servers))
	for i, srv := range servers {
		go func() { ended <- srv.Serve(listeners[i]) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-ended:
	}
	s.Close()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastRequests)
	defer cancel()
	for _, srv := range servers {
		if srv.Shutdown(end) != nil {
			srv.Close()
		}
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// newHTTPServer has no limit on how long a request takes, since a wait may be
// for ever; answers have a limit of their own (Options.WriteTimeout).
func newHTTPServer(h http.Handler, complaints *log.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ErrorLog:          complaints,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       3 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}
