package metad

import (
	"errors"
	"fmt"
	"strings"
)

// ErrAbsent is what Read returns where every server that answers says that
// the path is not there: the node has no mapping yet, or its data is gone.
var ErrAbsent = errors.New("the metadata server has nothing there (404)")

// UnavailableError says that no server gave a usable answer; a later try may
// find one.
type UnavailableError struct {
	Nodes []*NodeError // one for each server, in the order of the tries
}

// Error names each server with its reason.
func (e *UnavailableError) Error() string {
	parts := make([]string, len(e.Nodes))
	for i, n := range e.Nodes {
		parts[i] = n.Error()
	}
	return "no metadata server answers: " + strings.Join(parts, "; ")
}

// Unwrap returns the errors of the servers.
func (e *UnavailableError) Unwrap() []error {
	out := make([]error, len(e.Nodes))
	for i, n := range e.Nodes {
		out[i] = n
	}
	return out
}

// NodeError is why one server gave no usable answer.
type NodeError struct {
	Node string // as it was named, e.g. "metadata:80"
	Err  error
}

// Error says NODE: WHY.
func (e *NodeError) Error() string { return fmt.Sprintf("%q: %v", e.Node, e.Err) }

// Unwrap returns the reason.
func (e *NodeError) Unwrap() error { return e.Err }

// BadAnswerError is an answer that is not the JSON that was asked for, though
// the server took it for a good one.
type BadAnswerError struct {
	Err error
}

// Error says what is wrong with the answer.
func (e *BadAnswerError) Error() string { return "the answer is no JSON: " + e.Err.Error() }

// Unwrap returns what encoding/json said.
func (e *BadAnswerError) Unwrap() error { return e.Err }

// errClosed is that a kept connection was closed before a wait was sent.
var errClosed = errors.New("the connection was closed")

// statusError is an answer that is neither a value nor "not found".
type statusError struct {
	status string
}

func (e *statusError) Error() string { return "it answers " + e.status }
