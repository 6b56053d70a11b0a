package kvm_test

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/appimg/appimg/pkg/kvm"
)

// stepping is a dialer with a say in every thing that is done on its machines.
type stepping struct {
	kvm.Dialer
	// around is given each of them, by its name; it does it, or not.
	around func(name string, do func() error) error
}

func (s *stepping) Dial(ctx context.Context, t kvm.Target) (kvm.Host, error) {
	h, err := s.Dialer.Dial(ctx, t)
	return &steppedHost{h, s}, err
}

type steppedHost struct {
	kvm.Host
	s *stepping
}

func (h *steppedHost) Run(ctx context.Context, c kvm.Cmd) (out kvm.Output, err error) {
	err = h.s.around(c.Name(), func() error {
		var err error
		out, err = h.Host.Run(ctx, c)
		return err
	})
	return out, err
}

func (h *steppedHost) Upload(ctx context.Context, path string, c kvm.Content) error {
	return h.s.around("uploading", func() error { return h.Host.Upload(ctx, path, c) })
}

// stage is a point of the work on a machine at which something may happen: before
// and after each thing that is done there.
type stage struct {
	nth   int
	after bool
}

func (s stage) String() string {
	return fmt.Sprintf("%s step %d", map[bool]string{false: "before", true: "after"}[s.after], s.nth)
}

// errKilled is the client's sudden end: nothing else is done after it.
var errKilled = errors.New("the client was killed")

// mortal is a dialer whose hosts die at a stage: from then on they do nothing.
type mortal struct {
	stepping
	at stage

	mu    sync.Mutex
	steps int
	names []string
	dead  bool
}

func newMortal(d kvm.Dialer, at stage) *mortal {
	m := &mortal{at: at}
	m.stepping = stepping{d, m.step}
	return m
}

// step does do, unless the client dies before or after it.
func (m *mortal) step(name string, do func() error) error {
	m.mu.Lock()
	m.steps++
	n := m.steps
	m.names = append(m.names, name)
	m.dead = m.dead || (n == m.at.nth && !m.at.after)
	dead := m.dead
	m.mu.Unlock()
	if dead {
		return errKilled
	}
	err := do()
	m.mu.Lock()
	defer m.mu.Unlock()
	if n == m.at.nth && m.at.after {
		m.dead = true
		return errKilled
	}
	return err
}

// die ends the client at once.
func (m *mortal) die() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}
