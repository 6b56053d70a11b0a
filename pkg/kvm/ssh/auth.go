package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/hostkeys"
	"github.com/appimg/appimg/pkg/kvm/sshconfig"
)

// AuthError says that the server took nothing of what was offered.
type AuthError struct {
	User    string
	Allowed []string // the methods that the server takes
	Tried   []string // what was offered, and what could not be
}

// Error tells what was offered.
func (e *AuthError) Error() string {
	tried := "nothing could be offered"
	if len(e.Tried) > 0 {
		tried = "tried " + strings.Join(e.Tried, ", ")
	}
	return fmt.Sprintf("logging in as %q: permission denied: the server takes %s; %s", e.User, strings.Join(e.Allowed, ", "), tried)
}

// authenticator offers one thing after the other, in the order of the
// configuration, as long as the server takes its kind.
type authenticator struct {
	ctx      context.Context
	d        *Dialer
	s        *sshconfig.Settings
	given    *string // a password from the command line's side
	ids      []identity
	verdict  error          // the end of it
	asks     map[string]int // how often a kind of password may still be tried
	tried    []string
	password string // the last one that was sent
}

func (d *Dialer) authenticator(ctx context.Context, s *sshconfig.Settings, given *string) (*authenticator, func()) {
	a := &authenticator{ctx: ctx, d: d, s: s, given: given}
	done := func() {}
	if s.PubkeyAuth {
		a.ids, done = d.identities(ctx, s, a.note)
		a.restrict()
	}
	tries := s.NumberOfPasswordAsks
	if d.o.Ask == nil || s.BatchMode {
		tries = 1
	}
	a.asks = map[string]int{"keyboard-interactive": tries, "password": tries}
	return a, done
}

// restrict leaves only the signature algorithms that PubkeyAcceptedAlgorithms allows.
func (a *authenticator) restrict() {
	if a.s.PubkeyAlgorithms == "" {
		return
	}
	all := append(ssh.SupportedAlgorithms().PublicKeyAuths, ssh.KeyAlgoRSA)
	allowed := hostkeys.Apply(a.s.PubkeyAlgorithms, ssh.SupportedAlgorithms().PublicKeyAuths, all)
	a.ids = slices.DeleteFunc(a.ids, func(id identity) bool {
		_, isCert := id.signer.PublicKey().(*ssh.Certificate)
		return !isCert && !slices.ContainsFunc(hostkeys.Signatures(id.signer.PublicKey().Type()), func(s string) bool { return slices.Contains(allowed, s) })
	})
}

// order is the order of the methods; what the configuration rules out is left out.
func (a *authenticator) order() []string {
	order := a.s.PreferredAuth
	if order == nil {
		order = []string{"publickey", "keyboard-interactive", "password"}
	}
	off := map[string]bool{"publickey": !a.s.PubkeyAuth, "keyboard-interactive": !a.s.KbdInteractiveAuth, "password": !a.s.PasswordAuth}
	return slices.DeleteFunc(slices.Clone(order), func(m string) bool { return off[m] })
}

// next is what to offer next; an error when there is nothing left.
func (a *authenticator) next(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	if err := a.ctx.Err(); err != nil { // who interrupts a question is not asked the next one
		return nil, err
	}
	for _, m := range a.order() {
		if !slices.Contains(c.AllowedMethods, m) {
			continue
		}
		if method := a.take(m); method != nil {
			return method, nil
		}
	}
	a.verdict = a.denied(c.AllowedMethods)
	return nil, a.verdict
}

// blame is the plainest account of why a handshake ended with err: what was
// found out here, where the library says it in words of its own.
func (a *authenticator) blame(err, refused error) error {
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(err.Error(), "ssh: handshake failed: ") {
		err = inner
	}
	switch {
	case a.ctx.Err() != nil:
		return a.ctx.Err()
	case refused != nil:
		return refused
	case a.verdict != nil:
		return a.verdict
	case len(a.tried) > 0 && strings.Contains(err.Error(), "disconnect"):
		return diag.WithHint(fmt.Errorf("%w; tried %s", err, strings.Join(a.tried, ", ")),
			"offer fewer keys: IdentitiesOnly yes and IdentityFile in ~/.ssh/config")
	case errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET):
		return errors.New("the server ended the connection before anybody could log in")
	}
	return err
}

func (a *authenticator) denied(allowed []string) error {
	err := error(&AuthError{a.s.User, allowed, a.tried})
	takesPassword := slices.Contains(allowed, "password") || slices.Contains(allowed, "keyboard-interactive")
	if takesPassword && a.given == nil && a.d.o.Ask == nil {
		return diag.WithHint(err, "give the password with --password-file or APPIMG_SSH_PASSWORD, or add a key to the agent (ssh-add)")
	}
	return diag.WithHint(err, "check the user's name, and try it with: ssh -v %s@%s -p %d", a.s.User, a.s.HostName, a.s.Port)
}

func (a *authenticator) take(method string) ssh.AuthMethod {
	if method == "publickey" {
		if len(a.ids) == 0 {
			return nil
		}
		id := a.ids[0]
		a.ids = a.ids[1:]
		a.tried = append(a.tried, fmt.Sprintf("%s (%s)", id.source, hostkeys.Describe(id.signer.PublicKey())))
		return ssh.PublicKeys(id.signer)
	}
	if a.asks[method] == 0 {
		return nil
	}
	a.asks[method]--
	if a.given == nil && (a.d.o.Ask == nil || a.s.BatchMode) {
		return nil
	}
	a.tried = append(a.tried, method)
	if method == "password" {
		return ssh.PasswordCallback(a.ask)
	}
	return ssh.KeyboardInteractive(a.challenge)
}

// account is a login as people write it, without what is usual.
func account(s *sshconfig.Settings) string {
	t := kvm.Target{Host: s.Alias, User: s.User}
	if s.Port != 22 {
		t.Port = s.Port
	}
	return t.String()
}

// ask is the password: the given one once, then what the person says.
func (a *authenticator) ask() (string, error) {
	if a.given != nil && a.password == "" {
		a.password = *a.given
		a.asks["password"], a.asks["keyboard-interactive"] = min(a.asks["password"], 1), 0
		return a.password, nil
	}
	if a.given != nil || a.s.BatchMode {
		return "", errors.New("the password that was given is not the right one")
	}
	who := account(a.s)
	if v, ok := a.d.secrets.remembered("password " + who); ok && a.password == "" {
		a.password = v
		return v, nil
	}
	text := "Password for " + who
	if a.password != "" {
		text = "That is not the right one.\n" + text
	}
	v, err := a.d.secrets.answer(a.ctx, Prompt{Text: text})
	if err != nil {
		a.note(err)
		return "", err
	}
	a.password = v
	return v, nil
}

// challenge answers keyboard-interactive questions: a single hidden one is for
// the password, all others go to the person.
func (a *authenticator) challenge(_, instruction string, questions []string, echos []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i, q := range questions {
		var err error
		if len(questions) == 1 && !echos[i] && looksLikePassword(q) {
			answers[i], err = a.ask()
		} else {
			text := strings.TrimSpace(instruction + "\n" + q)
			answers[i], err = a.d.secrets.answer(a.ctx, Prompt{Text: account(a.s) + ": " + text, Echo: echos[i]})
		}
		if err != nil {
			a.note(fmt.Errorf("answering %q: %w", strings.TrimSpace(q), err))
			return nil, err
		}
	}
	return answers, nil
}

func looksLikePassword(question string) bool {
	q := strings.ToLower(question)
	return strings.Contains(q, "pass") || strings.Contains(q, "密码") || strings.Contains(q, "口令")
}

// note keeps err for the message, should nothing else succeed.
func (a *authenticator) note(err error) { a.tried = append(a.tried, err.Error()) }

// succeeded remembers a password that was right, for a reconnection and for sudo.
func (a *authenticator) succeeded() {
	if a.password != "" {
		a.d.secrets.remember("password "+account(a.s), a.password)
	}
}
