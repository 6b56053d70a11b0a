package jsondoc

import "errors"

// Options say what is read beside JSON.
type Options struct {
	Mustache bool // expressions may stand for values
	MaxDepth int  // levels of nesting; 0 is 512
}

var errNotYet = errors.New("not there yet")

// Parse reads strict JSON. The error is the first fault, with its place; a
// duplicate key is one too.
func Parse(file string, data []byte) (*Value, error) { return nil, errNotYet }

// ParseTolerant reads what is there, goes on after a fault where it can, and
// returns all faults in the order of the file. The value is nil only where
// there is none at all.
func ParseTolerant(file string, data []byte, o Options) (*Value, []Fault) { return nil, nil }

// Apply makes changes, one after the other, to the text of a document: all of
// them, or none and an error that names the path. Formatting, comments and
// order of everything else stay; what is added follows the style around it.
// A second run with the same changes changes nothing.
func Apply(file string, data []byte, o Options, changes ...Change) ([]byte, error) {
	return nil, errNotYet
}
