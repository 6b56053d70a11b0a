package docker

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Retry says how often and how patiently a registry is asked again. The zero
// value stands for the default: 7 attempts, pauses from 0.5 s up to 20 s.
type Retry struct {
	Attempts  int // in a row without progress
	Base, Max time.Duration
}

func (r Retry) orDefault() Retry {
	if r.Attempts == 0 {
		r = Retry{7, 500 * time.Millisecond, 20 * time.Second}
	}
	return r
}

// maxRetryAfter bounds how long a registry may ask us to wait.
const maxRetryAfter = time.Minute

// pause is the time to wait before attempt n (from 1), with jitter, or longer
// where the registry said so.
func (r Retry) pause(n int, err error) time.Duration {
	d := min(r.Base<<min(n-1, 16), r.Max)
	d = d/2 + rand.N(d/2+1)
	var status *statusError
	if errors.As(err, &status) {
		d = max(d, min(status.retryAfter, maxRetryAfter))
	}
	return d
}

// do runs f until it succeeds, fails for good or has failed too often in a row.
// f returns how far it got, in bytes: an attempt that got further starts the
// count anew. told hears why there is another attempt.
func (r Retry) do(ctx context.Context, told func(string), f func() (int64, error)) error {
	r = r.orDefault()
	reached := int64(-1)
	for n := 1; ; n++ {
		at, err := f()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if at > reached {
			reached, n = at, 1
		}
		if n >= r.Attempts || !temporary(err) {
			return err
		}
		wait := r.pause(n, err)
		told(fmt.Sprintf("%v: trying again in %s", err, wait.Round(100*time.Millisecond)))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// statusError is a registry's refusal with the pause it asks for.
type statusError struct {
	refusal    *transport.Error
	retryAfter time.Duration
}

func (e *statusError) Error() string { return e.refusal.Error() }
func (e *statusError) Unwrap() error { return e.refusal }

// checkStatus is nil for a response with one of the codes; otherwise the error
// that its body describes.
func checkStatus(resp *http.Response, codes ...int) error {
	err := transport.CheckError(resp, codes...)
	if err == nil {
		return nil
	}
	var te *transport.Error
	if !errors.As(err, &te) {
		return err
	}
	return &statusError{te, retryAfter(resp.Header.Get("Retry-After"))}
}

func retryAfter(h string) time.Duration {
	if s, err := strconv.Atoi(h); err == nil && s >= 0 {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(h); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// errStalled ends a transfer in which nothing has moved for stallTime.
var errStalled = errors.New("no byte went through for a minute")

const stallTime = time.Minute

// temporary reports whether asking again can help.
func temporary(err error) bool {
	var te *transport.Error
	if errors.As(err, &te) {
		switch te.StatusCode {
		case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return restartable(te)
	}
	if errors.Is(err, errDamaged) || errors.Is(err, errPlainHTTP) || unreachable(err) || untrusted(err) {
		return false
	}
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, errStalled) || errors.Is(err, errCut) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// restartable reports whether an upload lost its way, so that a new one helps.
func restartable(te *transport.Error) bool {
	if te.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return true
	}
	for _, d := range te.Errors {
		switch d.Code {
		case transport.BlobUploadUnknownErrorCode, transport.BlobUploadInvalidErrorCode,
			transport.DigestInvalidErrorCode, transport.SizeInvalidErrorCode:
			return true
		}
	}
	return false
}

// unreachable reports that nobody answers at the address at all.
func unreachable(err error) bool {
	if errors.Is(err, errSilent) {
		return true
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return !dns.IsTemporary
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func untrusted(err error) bool {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}
