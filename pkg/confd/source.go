package confd

import (
	"context"
	"errors"
)

// Source answers reads of metadata as confd's client sees them.
type Source interface {
	// Get returns the JSON value at path, decoded as encoding/json decodes
	// into any. The path is prefix and key as pasted into the URL, unescaped.
	// A path that is not there is no error: it is answered with NotFound().
	Get(ctx context.Context, path string) (any, error)
}

// NotFound is the body with which metad answers a missing path. QingCloud's
// confd does not look at the status and stores that body as data.
func NotFound() any {
	return map[string]any{"code": float64(404), "message": "Not found", "type": "ERROR"}
}

// TreeSource answers from doc, which is what GET prefix returned. Any path
// outside of prefix is not found.
func TreeSource(prefix string, doc any) Source { return nil }

// Store is what a template sees: values by their cleaned keys.
// It does not change once loaded and may be read concurrently.
type Store struct{}

// LoadStore reads keys below prefix from src.
func LoadStore(ctx context.Context, src Source, prefix string, keys []string) (*Store, error) {
	return nil, errors.New("not yet")
}
