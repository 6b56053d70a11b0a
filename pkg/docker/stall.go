package docker

import (
	"context"
	"io"
	"time"
)

// stall ends a request when nothing has moved for stallTime: a connection over
// a bad line can stay open for ever without it.
type stall struct {
	timer  *time.Timer
	ctx    context.Context
	cancel context.CancelCauseFunc
}

func stallGuard(ctx context.Context) (context.Context, *stall) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &stall{time.AfterFunc(stallTime, func() { cancel(errStalled) }), ctx, cancel}
}

func (s *stall) stop() {
	s.timer.Stop()
	s.cancel(nil)
}

// explain is err, or errStalled where that is what ended the request.
func (s *stall) explain(err error) error {
	if err != nil && context.Cause(s.ctx) == errStalled {
		return errStalled
	}
	return err
}

func (s *stall) reader(r io.Reader) io.Reader { return &stallReader{r, s} }

type stallReader struct {
	r io.Reader
	s *stall
}

func (r *stallReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if n > 0 {
		r.s.timer.Reset(stallTime)
	}
	if err == io.EOF {
		// All is sent: from here the registry may take its time (ResponseHeaderTimeout).
		r.s.timer.Stop()
	}
	return n, err
}
