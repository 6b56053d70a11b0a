package ssh

import (
	"context"
	"errors"
	"sync"
)

// Prompt is a question to the person at the terminal.
type Prompt struct {
	Text string // "Password for root@10.0.0.1"; without a colon at its end unless a server asks so
	Echo bool   // the answer may be seen
}

// errNobody says that a secret is needed and nobody is there to be asked.
var errNobody = errors.New("nobody is there to be asked")

// secrets asks one question at a time and remembers what was right.
type secrets struct {
	ask func(context.Context, Prompt) (string, error)

	mu     sync.Mutex // one question at a time
	values map[string]string
}

func newSecrets(ask func(context.Context, Prompt) (string, error)) *secrets {
	return &secrets{ask: ask, values: map[string]string{}}
}

// attempts is how often a wrong answer may be put right, as for ssh.
const attempts = 3

// solve returns the value for key that check accepts: the remembered one, or
// what the person answers; a wrong one is told, unless it is final. While one
// caller asks, the others wait for what he hears. An empty answer gives up.
func (s *secrets) solve(ctx context.Context, key string, p Prompt, check func(string) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.values[key]; ok {
		return check(v)
	}
	if s.ask == nil {
		return errNobody
	}
	var err error
	for i := range attempts {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		again := p
		if i > 0 {
			again.Text = err.Error() + "\n" + p.Text
		}
		var answer string
		if answer, err = s.ask(ctx, again); err != nil {
			return err
		}
		if answer == "" {
			return errNobody
		}
		if err = check(answer); err == nil {
			s.values[key] = answer
			return nil
		}
		if errors.As(err, new(*finalError)) {
			return err
		}
	}
	return err
}

// finalError is one that no other answer would put right.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// answer asks once; nothing is remembered.
func (s *secrets) answer(ctx context.Context, p Prompt) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ask == nil {
		return "", errNobody
	}
	return s.ask(ctx, p)
}

// remembered is a value that was right before.
func (s *secrets) remembered(key string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[key]
	return v, ok
}

func (s *secrets) remember(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key] = value
}
