package jsondoc

import (
	"errors"

	"github.com/appimg/appimg/pkg/diag"
)

// FaultKind names what is wrong with a document.
type FaultKind string

// The faults. After all of them but Syntax and TooDeep the tree is complete.
const (
	BOM           FaultKind = "bom"            // the file begins with a byte order mark
	NotUTF8       FaultKind = "not-utf8"       // bytes that are not UTF-8
	TrailingComma FaultKind = "trailing-comma" // a comma before ] or }
	DuplicateKey  FaultKind = "duplicate-key"  // a second member of the same name (JSON allows it; the last one counts)
	Comment       FaultKind = "comment"        // // or /* */ or #
	BadEscape     FaultKind = "bad-escape"     // \x and the like in a string
	ControlChar   FaultKind = "control-char"   // a newline, tab … inside a string
	SingleQuotes  FaultKind = "single-quotes"  // a string in '…'
	MissingComma  FaultKind = "missing-comma"  // two members or items without a comma between them
	BadNumber     FaultKind = "bad-number"     // 01, +1, .5, 1.
	BadLiteral    FaultKind = "bad-literal"    // True, None, an unquoted word
	TrailingData  FaultKind = "trailing-data"  // more after the end of the document
	TooDeep       FaultKind = "too-deep"       // nested deeper than Options.MaxDepth
	Syntax        FaultKind = "syntax"         // anything else: the rest of the file is not read
)

// Fault is one thing that is wrong, with its place: data[Start:Stop].
type Fault struct {
	Kind        FaultKind
	Pos, End    diag.Pos
	Start, Stop int
	Message     string // why, without the place
	Hint        string // what to do; may be empty
}

// Err is the fault as an error with its place and hint.
func (f Fault) Err() error {
	err := error(&diag.Error{Pos: f.Pos, Err: errors.New(f.Message)})
	if f.Hint != "" {
		err = diag.WithHint(err, "%s", f.Hint)
	}
	return err
}
