package daemon

import (
	"context"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
)

// serve is Run for the service manager; ok is false where somebody else has
// started the process. The name is of no consequence: the process has this
// service alone.
func serve(ctx context.Context, p Process) (code int, ok bool) {
	if is, err := svc.IsWindowsService(); err != nil || !is {
		return 0, false
	}
	if err := svc.Run("", &service{ctx, p}); err != nil {
		return 1, true
	}
	return 0, true
}

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

// serviceLog is log\confd.log beside the folder of the program: a service has
// no streams of its own. A crash of the program goes there as well.
func serviceLog() (*os.File, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	name := filepath.Join(filepath.Dir(filepath.Dir(program)), "log", "confd.log")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err == nil {
		_ = windows.SetStdHandle(windows.STD_ERROR_HANDLE, windows.Handle(f.Fd()))
	}
	return f, err
}
