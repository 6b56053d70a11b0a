package jsondoc

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// Change is one edit of a document; see SetValue, AppendItem and Remove.
// Paths are those of Value.Get.
type Change struct {
	op   op
	path []string
	raw  string
}

type op int

const (
	opSet op = iota
	opAppend
	opRemove
)

// SetValue makes raw (JSON text; an expression with {{…}} where the document
// may have them) the value at path. A last step that the object does not have
// yet is added behind its last member. A value that is equal already is left
// as it is written.
func SetValue(raw string, path ...string) Change { return Change{opSet, path, raw} }

// AppendItem adds raw behind the last item of the array at path, unless an
// equal item is there already.
func AppendItem(raw string, path ...string) Change { return Change{opAppend, path, raw} }

// Remove takes the member or item at path away, with its comma. Nothing there
// is no error.
func Remove(path ...string) Change { return Change{opRemove, path, ""} }

// Apply makes changes, one after the other, to the text of a document: all of
// them, or none and an error that names the path. Formatting, comments and
// order of everything else stay; what is added follows the style around it.
// A second run with the same changes changes nothing.
func Apply(file string, data []byte, o Options, changes ...Change) ([]byte, error) {
	out := bytes.Clone(data)
	for _, c := range changes {
		d, err := open(file, out, o)
		if err == nil {
			out, err = d.apply(c)
		}
		if err != nil {
			return nil, fmt.Errorf("editing %q at %q: %w", file, strings.Join(c.path, "/"), err)
		}
	}
	if _, err := open(file, out, o); err != nil {
		return nil, fmt.Errorf("editing %q: the result is no JSON any more: %w", file, err)
	}
	return out, nil
}

// document is a text that is edited.
type document struct {
	file   string
	data   []byte
	o      Options
	root   *Value
	faults []Fault
	style  style
}

func open(file string, data []byte, o Options) (*document, error) {
	root, faults := ParseTolerant(file, data, o)
	for _, f := range faults {
		switch f.Kind {
		case Syntax, TooDeep, TrailingData, MissingComma, NotUTF8:
			return nil, diag.WithHint(f.Err(), "mend the file first")
		}
	}
	return &document{file, data, o, root, faults, detectStyle(data, root)}, nil
}

func (d *document) apply(c Change) ([]byte, error) {
	if c.op == opRemove {
		return d.remove(c.path), nil
	}
	v, faults := ParseTolerant("new value", []byte(c.raw), d.o)
	if len(faults) > 0 {
		return nil, faults[0].Err()
	}
	if c.op == opAppend {
		return d.appendItem(c.path, v)
	}
	return d.set(c.path, v)
}

func (d *document) set(path []string, v *Value) ([]byte, error) {
	if old := d.root.Get(path...); old != nil {
		if equal(old, v) {
			return d.data, nil
		}
		inline := isContainer(old) && !d.multiline(old)
		return d.splice(old.Start, old.Stop, d.style.format(v, d.indentAt(old.Start), inline)), nil
	}
	if len(path) == 0 {
		return nil, fmt.Errorf("the document is empty")
	}
	parent, err := d.find(path[:len(path)-1], Object)
	if err != nil {
		return nil, err
	}
	return d.insert(parent, quote(path[len(path)-1]), v), nil
}

func (d *document) appendItem(path []string, v *Value) ([]byte, error) {
	array, err := d.find(path, Array)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(array.Items, func(item *Value) bool { return equal(item, v) }) {
		return d.data, nil
	}
	return d.insert(array, "", v), nil
}

// find is the container of kind k at path.
func (d *document) find(path []string, k Kind) (*Value, error) {
	at := d.root
	for _, step := range path {
		next := at.Get(step)
		if next == nil {
			return nil, diag.Errorf(at.Pos, "no %q in the %s", step, at.Kind)
		}
		at = next
	}
	if at.Kind != k {
		return nil, diag.Errorf(at.Pos, "this is no %s but a value of type %s", k, at.Kind)
	}
	return at, nil
}

// splice is the text with data[start:stop] replaced.
func (d *document) splice(start, stop int, text string) []byte {
	return slices.Concat(d.data[:start], []byte(text), d.data[stop:])
}

// indentAt is the white space that begins the line of offset.
func (d *document) indentAt(offset int) string {
	line := d.data[bytes.LastIndexByte(d.data[:offset], '\n')+1 : offset]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

func (d *document) multiline(v *Value) bool {
	return bytes.IndexByte(d.data[v.Start:v.Stop], '\n') >= 0
}

func isContainer(v *Value) bool { return v.Kind == Object || v.Kind == Array }

// equal reports whether two values mean the same, whatever their formatting
// and the order of their members.
func equal(a, b *Value) bool {
	if a.Kind != b.Kind || len(a.Members) != len(b.Members) || len(a.Items) != len(b.Items) {
		return false
	}
	if a.Kind == Mustache {
		return strings.Join(strings.Fields(a.Text), "") == strings.Join(strings.Fields(b.Text), "")
	}
	for i := range a.Items {
		if !equal(a.Items[i], b.Items[i]) {
			return false
		}
	}
	for _, m := range a.Members {
		if other := b.Member(m.Key); other == nil || !equal(m.Value, other.Value) {
			return false
		}
	}
	return a.Text == b.Text
}
