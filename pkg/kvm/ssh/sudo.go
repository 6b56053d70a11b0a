package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
)

// sudo is how the user who logged in becomes root.
type sudo struct {
	needed   bool
	password *string // nil where sudo wants none
}

// wrap puts sudo around a command line. With a password sudo is told to forget
// what it remembers (-k), so that it reads the password in any case and no
// byte of it is left for the command. The command's own input follows once it
// has begun: sudo-rs, Ubuntu's since 25.10, takes all that is there for its own.
// What sudo says is looked at, and hence in English.
func (s *sudo) wrap(line string, stdin io.Reader, begun func() error) (string, io.Reader) {
	line = strings.TrimPrefix(line, "exec ")
	switch {
	case !s.needed:
		return "exec " + line, stdin
	case s.password == nil:
		return "exec env LC_ALL=C sudo -n -- " + line, stdin
	}
	password := io.Reader(strings.NewReader(*s.password + "\n"))
	if stdin != nil {
		password = io.MultiReader(password, &gate{begun, stdin})
	}
	return "exec env LC_ALL=C sudo -k -S -p '' -- " + line, password
}

// gate is a reader that waits before its first byte.
type gate struct {
	wait func() error // nil once it is open
	r    io.Reader
}

func (g *gate) Read(b []byte) (int, error) {
	if g.wait != nil {
		if err := g.wait(); err != nil {
			return 0, err
		}
		g.wait = nil
	}
	return g.r.Read(b)
}

// probe prints the user's id, and what sudo says about it.
const probe = `echo "$(id -u)"
if [ "$(id -u)" != 0 ]; then
	if command -v sudo >/dev/null 2>&1; then sudo -k -n true 2>&1 && echo free; else echo none; fi
fi`

// findRoot finds out whether sudo is needed, and with which password.
func (h *Host) findRoot(ctx context.Context) error {
	if h.settings.User == "root" {
		return nil
	}
	out, err := h.Run(ctx, kvm.Cmd{Title: "finding out how to be root", Script: probe, ReadOnly: true, NoSudo: true})
	if err != nil && kvm.ExitStatus(err) < 0 {
		return err
	}
	lines := strings.Split(out.Text(), "\n")
	last := lines[len(lines)-1]
	switch {
	case lines[0] == "0":
		return nil
	case h.noSudo:
		return diag.WithHint(fmt.Errorf("user %q is not root", h.settings.User), "log in as root, or allow sudo for this host")
	case last == "none":
		return diag.WithHint(fmt.Errorf("user %q is not root, and there is no sudo", h.settings.User), "log in as root, or install sudo")
	case strings.Contains(last, "tty"):
		return diag.WithHint(fmt.Errorf("user %q cannot use sudo without a terminal", h.settings.User), "log in as root, or add to /etc/sudoers: Defaults:%s !requiretty", h.settings.User)
	}
	h.sudo.needed = true
	if last == "free" {
		return nil
	}
	return h.sudoPassword(ctx)
}

// sudoPassword finds the password that sudo takes: the given one, the one
// that the login took, or what the person says.
func (h *Host) sudoPassword(ctx context.Context) error {
	who := account(h.settings)
	given := h.d.o.SudoPassword
	if given == nil {
		given = h.d.o.Password
	}
	if given != nil {
		return h.tryPassword(ctx, *given)
	}
	if login, ok := h.d.secrets.remembered("password " + who); ok {
		err := h.tryPassword(ctx, login)
		if err == nil || !errors.As(err, new(*wrongPassword)) {
			return err
		}
	}
	err := h.d.secrets.solve(ctx, "sudo "+who, Prompt{Text: "Password of " + who + " for sudo"}, func(answer string) error {
		return h.tryPassword(ctx, answer)
	})
	if errors.Is(err, errNobody) {
		return diag.WithHint(fmt.Errorf("user %q needs a password for sudo: %w", h.settings.User, err),
			"give it with --password-file or APPIMG_SSH_PASSWORD, or allow sudo without one")
	}
	return err
}

type wrongPassword struct{ user, said string }

func (e *wrongPassword) Error() string {
	return fmt.Sprintf("sudo does not accept the password of user %q: %s", e.user, e.said)
}

// tryPassword keeps the password if sudo takes it.
func (h *Host) tryPassword(ctx context.Context, password string) error {
	h.sudo.password = &password
	out, err := h.Run(ctx, kvm.Cmd{Title: "trying sudo", Script: "exit 0", ReadOnly: true})
	if err == nil {
		return nil
	}
	h.sudo.password = nil
	if kvm.ExitStatus(err) < 0 {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(out.Stderr)), "\n")
	said := lines[len(lines)-1]
	if notAllowed(said) {
		return &finalError{fmt.Errorf("user %q may not use sudo: %s", h.settings.User, said)}
	}
	return &wrongPassword{h.settings.User, said}
}

// notAllowed knows what sudo says to somebody whose password is right.
func notAllowed(said string) bool {
	for _, s := range []string{"not in the sudoers", "not allowed to", "may not run sudo", "I'm afraid I can't do that"} {
		if strings.Contains(said, s) {
			return true
		}
	}
	return false
}

// explain tells of a password that sudo does not take any more.
func (s *sudo) explain(h *Host, exit *kvm.ExitError) error {
	if s.needed && exit.Status == 1 && strings.HasPrefix(exit.Stderr, "sudo: a password is required") {
		return diag.WithHint(exit, "sudo on %s wants a password now: run again with --password-file", h.name)
	}
	return exit
}
