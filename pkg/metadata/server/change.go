package server

import "sync"

// Update makes several changes as one: readers see all or none, and a waiter
// is woken once. An error of change undoes everything and is returned. change
// must not call the server.
func (s *Server) Update(change func(*Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.current.Load()
	tx := &Tx{data: []*node{st.data}, mapping: []*node{st.mapping}, rules: st.rules}
	if err := change(tx); err != nil {
		return err
	}
	s.publish(st, tx)
	return nil
}

// publish makes the outcome of tx the current state, and then wakes who waited for it.
func (s *Server) publish(old *state, tx *Tx) {
	var data, mapping changes
	data.diffAll(tx.data, &s.data)
	mapping.diffAll(tx.mapping, &s.mappings)
	next := &state{old.version, last(tx.data), last(tx.mapping), tx.rules, old.clients}
	if data.leaves > 0 {
		next.version = max(old.version, s.epoch) + data.leaves
	}
	if next.mapping != old.mapping || tx.rulesChanged {
		next.clients = &sync.Map{}
	}
	s.current.Store(next)
	for _, woken := range [][]*waiter{data.woken, mapping.woken} {
		for _, w := range woken {
			close(w.woken)
		}
	}
}

func (c *changes) diffAll(steps []*node, at *watchNode) {
	for i := 1; i < len(steps); i++ {
		c.diff(steps[i-1], steps[i], at)
	}
}

// ReplaceData is Tx.ReplaceData as a change of its own.
func (s *Server) ReplaceData(path string, v any) error {
	return s.Update(func(tx *Tx) error { return tx.ReplaceData(path, v) })
}

// MergeData is Tx.MergeData as a change of its own.
func (s *Server) MergeData(path string, v any) error {
	return s.Update(func(tx *Tx) error { return tx.MergeData(path, v) })
}

// Delete is Tx.DeleteData of several paths as one change.
func (s *Server) Delete(paths ...string) {
	_ = s.Update(func(tx *Tx) error {
		for _, p := range paths {
			tx.DeleteData(p)
		}
		return nil
	})
}

// SetMapping is Tx.SetMapping as a change of its own.
func (s *Server) SetMapping(v any) error {
	return s.Update(func(tx *Tx) error { return tx.SetMapping(v) })
}

// MergeMapping is Tx.MergeMapping as a change of its own.
func (s *Server) MergeMapping(path string, v any) error {
	return s.Update(func(tx *Tx) error { return tx.MergeMapping(path, v) })
}

// DeleteMapping is Tx.DeleteMapping of several paths as one change.
func (s *Server) DeleteMapping(paths ...string) {
	_ = s.Update(func(tx *Tx) error {
		for _, p := range paths {
			tx.DeleteMapping(p)
		}
		return nil
	})
}

// SetRules is Tx.SetRules as a change of its own. A change of rules wakes nobody.
func (s *Server) SetRules(rules map[string][]Rule) error {
	return s.Update(func(tx *Tx) error { return tx.SetRules(rules) })
}

// DeleteRules is Tx.DeleteRules as a change of its own.
func (s *Server) DeleteRules(addrs ...string) {
	_ = s.Update(func(tx *Tx) error {
		tx.DeleteRules(addrs...)
		return nil
	})
}
