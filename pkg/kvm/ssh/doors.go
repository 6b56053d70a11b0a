package ssh

import (
	"context"
	"sync"
)

// atOnce is how many connections may be logging in at one server: from the
// tenth on OpenSSH's drops some (MaxStartups 10:30:100), and a jump host has
// them of all the machines behind it. A busy one counts a login for a while
// after it is done.
const atOnce = 4

// doors are the servers that are being connected to.
type doors struct {
	mu   sync.Mutex
	room map[string]chan struct{} // by address
}

// enter waits for a place at addr; entered gives it back.
func (d *doors) enter(ctx context.Context, addr string) (entered func(), err error) {
	d.mu.Lock()
	if d.room == nil {
		d.room = map[string]chan struct{}{}
	}
	room := d.room[addr]
	if room == nil {
		room = make(chan struct{}, atOnce)
		d.room[addr] = room
	}
	d.mu.Unlock()
	select {
	case room <- struct{}{}:
		return func() { <-room }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
