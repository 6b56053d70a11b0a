package confd

import (
	"reflect"
	"sync"

	"github.com/appimg/appimg/pkg/confd/internal/memkv"
)

// Memo remembers how parts of metadata were flattened. The trees that the
// nodes of one cluster see share most of their parts: with a Memo each is
// flattened once. The maps of the trees must not change while it is in use.
// It may be used concurrently; the zero Memo is ready.
type Memo struct {
	mu    sync.Mutex
	parts map[partID]flat
}

// partID is a map at a place. The map is held beside the pairs made of it, so
// that its address stays its own.
type partID struct {
	address      uintptr
	prefix, full string
}

type flat struct {
	of    map[string]any
	pairs []memkv.KVPair
}

// part is v, the value at full, flattened.
func (m *Memo) part(prefix, full string, v map[string]any) ([]memkv.KVPair, error) {
	id := partID{reflect.ValueOf(v).Pointer(), prefix, full}
	m.mu.Lock()
	f, ok := m.parts[id]
	m.mu.Unlock()
	if ok {
		return f.pairs, nil
	}
	w := walker{prefix: prefix, path: []byte(full)}
	if err := w.value(v); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.parts == nil {
		m.parts = map[partID]flat{}
	}
	m.parts[id] = flat{v, w.pairs}
	return w.pairs, nil
}
