package kvmtest

import (
	"errors"
	"fmt"
	"sync"
)

// ErrKilled is a client's sudden end: nothing else is done after it.
var ErrKilled = errors.New("the client was killed")

// Stage is a point of the work on a machine at which something may happen: before
// and after each thing that is done there. The zero Stage is none.
type Stage struct {
	Nth   int // counted from 1
	After bool
}

// String is "before step 3".
func (s Stage) String() string {
	return fmt.Sprintf("%s step %d", map[bool]string{false: "before", true: "after"}[s.After], s.Nth)
}

// Mortal is a client that dies at a stage: from then on it does nothing.
type Mortal struct {
	at Stage

	mu    sync.Mutex
	names []string
	dead  bool
}

// NewMortal is a client that dies at a stage, or only counts its steps.
func NewMortal(at Stage) *Mortal { return &Mortal{at: at} }

// Step does do, unless the client dies before or after it.
func (m *Mortal) Step(name string, do func() error) error {
	m.mu.Lock()
	m.names = append(m.names, name)
	here := len(m.names) == m.at.Nth
	m.dead = m.dead || here && !m.at.After
	dead := m.dead
	m.mu.Unlock()
	if dead {
		return ErrKilled
	}
	err := do()
	if here && m.at.After {
		m.Die()
		return ErrKilled
	}
	return err
}

// Last reports whether the step that is done just now is the client's last.
func (m *Mortal) Last() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.names) == m.at.Nth
}

// Die ends the client at once.
func (m *Mortal) Die() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

// Names are those of the steps so far.
func (m *Mortal) Names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.names...)
}
