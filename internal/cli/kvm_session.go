package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

// session is a command's work on machines: how they are reached, and where it is
// shown and logged.
type session struct {
	dialer *ssh.Dialer
	board  *board
	log    *slog.Logger // nil without --log
	file   io.Closer    // of the log; nil without
}

// open prepares connections; none is made yet.
func (c *connectFlags) open(d *deps) (*session, error) {
	password, err := passwordFrom(c.passwordFile, envPassword)
	if err != nil {
		return nil, err
	}
	sudo, err := passwordFrom(c.sudoFile, envSudoPassword)
	if err != nil {
		return nil, err
	}
	s := &session{board: newBoard(d)}
	o := ssh.Options{
		ConfigFile: c.configFile, Identities: c.identities, AcceptNewHostKey: c.acceptNew, ConnectTimeout: c.timeout,
		Password: password, SudoPassword: sudo, Ask: d.asker(s.board.pause), Progress: s.board.progress, Lost: s.board.lost,
	}
	if c.logFile != "" {
		f, err := os.OpenFile(c.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("opening the log: %w", err)
		}
		s.file = f
		s.log = slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Log = s.log
	}
	if s.dialer, err = ssh.NewDialer(o); err != nil {
		return nil, errors.Join(usageError(err), s.close())
	}
	return s, nil
}

// event shows and logs what is told of a machine.
func (s *session) event(ev kvm.Event) {
	if s.log != nil {
		s.log.Info(cmp.Or(ev.Note, "a phase begins"), "host", ev.Host, "phase", string(ev.Phase))
	}
	s.board.event(ev)
}

// end is the end of the work on a machine: it logs how that ended and what was to
// change there, and takes the machine off the board.
func (s *session) end(host string, changes []kvm.Action, err error) {
	if s.log != nil {
		for _, a := range changes {
			s.log.Info("a change", "host", host, "what", actionText(a))
		}
		if err != nil {
			s.log.Error("it failed", "host", host, "err", err, "hints", strings.Join(diag.Hints(err), "; "))
		} else {
			s.log.Info("it is done", "host", host)
		}
	}
	s.board.finish(host)
}

// close takes the board off the terminal and closes the log.
func (s *session) close() error {
	s.board.close()
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
