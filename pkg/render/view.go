package render

import (
	"context"
	"fmt"
	"path"
	"reflect"
	"strings"
	"sync"

	"github.com/appimg/appimg/pkg/confd"
)

// Most of what the nodes of a cluster see is the same for all of them: the
// parameters, the list of hosts. A view that several nodes share is made once,
// and each pair is executed on it once.

// view is a store, with what pairs became on it.
type view struct {
	values []any // what the store was made of; held so that identities stay unique
	make   sync.Once
	store  *confd.Store
	err    error

	mu       sync.Mutex
	contents map[*pair]*content
}

type content struct {
	once sync.Once
	data []byte
	err  error
}

// content is what p becomes on v.
func (v *view) content(ctx context.Context, p *pair) ([]byte, error) {
	v.mu.Lock()
	c := v.contents[p]
	if c == nil {
		c = &content{}
		v.contents[p] = c
	}
	v.mu.Unlock()
	c.once.Do(func() { c.data, c.err = p.execute(ctx, v.store) })
	return c.data, c.err
}

// views are those that more than one node may share.
type views struct {
	mu sync.Mutex
	by map[string]*view
}

// get is the view called id, made of values.
func (vs *views) get(id string, values []any) *view {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	v := vs.by[id]
	if v == nil {
		v = newView(values)
		if vs.by == nil {
			vs.by = map[string]*view{}
		}
		vs.by[id] = v
	}
	return v
}

func newView(values []any) *view {
	return &view{values: values, contents: map[*pair]*content{}}
}

// reader reads for one node.
type reader struct {
	applier confd.Applier
	src     confd.Source
	seen    *views
	own     map[string]*view // the views of this node alone
}

// view is what r's node sees below the keys of res.
func (r *reader) view(ctx context.Context, res *confd.Resource) (*view, error) {
	prefix := r.applier.EffectivePrefix(res)
	id := strings.Join(append([]string{prefix, res.Mode}, res.Keys...), "\x00")
	v := r.own[id]
	if v == nil {
		values, identity, shared := r.read(ctx, prefix, res.Keys)
		if shared {
			v = r.seen.get(id+"\x00"+identity, values)
		} else {
			v = newView(values)
		}
		r.own[id] = v
	}
	v.make.Do(func() { v.store, v.err = r.applier.Fetch(ctx, res, r.src) })
	return v, v.err
}

// read gets the values below keys, and what tells them from other values. They
// are not shared where a key names the whole tree, which is each node's own, or
// where one cannot be read: Fetch will say why.
func (r *reader) read(ctx context.Context, prefix string, keys []string) (values []any, identity string, shared bool) {
	var b strings.Builder
	for _, k := range keys {
		full := path.Join(prefix, k)
		v, err := r.src.Get(ctx, full)
		if err != nil || full == prefix {
			return nil, "", false
		}
		values = append(values, v)
		switch v.(type) {
		case map[string]any, []any:
			fmt.Fprintf(&b, "%x\x00", reflect.ValueOf(v).Pointer())
		default:
			fmt.Fprintf(&b, "%T %v\x00", v, v)
		}
	}
	return values, b.String(), true
}
