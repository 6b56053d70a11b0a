package daemon

import (
	"context"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
)

// service is a daemon in the hands of the service manager.
type service struct {
	ctx     context.Context
	process Process
}

// Execute works until it is told to stop, or has ended by itself: then with
// the daemon's exit status, and what happened is in the log.
func (s *service) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (specific bool, code uint32) {
	p := s.process
	log, err := serviceLog()
	if err != nil {
		return true, 1
	}
	defer log.Close()
	p.Stderr = log
	again, done := make(chan struct{}, 1), make(chan int, 1)
	p.again = again
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	go func() { done <- run(ctx, p) }()
	running := svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown | svc.AcceptParamChange}
	status <- running
	for {
		select {
		case code := <-done:
			return code != 0, uint32(code)
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				status <- r.CurrentStatus
			case svc.ParamChange:
				poke(again)
				status <- running
			case svc.Stop, svc.Shutdown:
				status <- svc.Status{State: svc.StopPending}
				stop()
			}
		}
	}
}

// serviceLog takes the place of the streams that a service has not. A crash of
// the program goes there as well.
func serviceLog() (*os.File, error) {
	dir, err := logFolder()
	if err != nil {
		return nil, err
	}
	f, err := appended(filepath.Join(dir, "confd.log"))
	if err == nil {
		_ = windows.SetStdHandle(windows.STD_ERROR_HANDLE, windows.Handle(f.Fd()))
	}
	return f, err
}
