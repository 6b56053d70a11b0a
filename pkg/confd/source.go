package confd

import (
	"context"
	"net/url"
	"strings"
)

// Source answers reads of metadata as confd's client sees them.
type Source interface {
	// Get returns the JSON value at path, decoded as encoding/json decodes
	// into any. The path is prefix and key as pasted into the URL, unescaped:
	// what "?", "#" and "%" in it do is the source's business.
	// A path that is not there is no error: it is answered with NotFound().
	Get(ctx context.Context, path string) (any, error)
}

// NotFound is the body with which metad answers a missing path. QingCloud's
// confd does not look at the status and stores that body as data.
func NotFound() any {
	return map[string]any{"code": float64(404), "message": "Not found", "type": "ERROR"}
}

// TreeSource answers from doc, which is what GET prefix returned. Any path
// outside of prefix is not found, and neither is an empty object: metadata
// has leaves only. The prefix's own ancestors hold nothing but the way to it.
func TreeSource(prefix string, doc any) Source {
	names := segments(prefix)
	for i := len(names) - 1; i >= 0; i-- {
		doc = map[string]any{names[i]: doc}
	}
	return tree{doc}
}

type tree struct{ root any }

func (t tree) Get(_ context.Context, path string) (any, error) {
	// The address is parsed as a client would: what follows a "?" or "#" does
	// not take part, %41 is A, and %zz is refused.
	u, err := url.Parse("http://metadata" + path)
	if err != nil {
		return nil, err
	}
	v := t.root
	for _, name := range segments(u.Path) {
		m, _ := v.(map[string]any)
		child, ok := m[name]
		if !ok {
			return NotFound(), nil
		}
		v = child
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return NotFound(), nil
		}
	case []any:
		if len(v) == 0 {
			return NotFound(), nil
		}
	}
	return v, nil
}

// segments splits a path at its slashes; empty ones do not count.
func segments(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}
