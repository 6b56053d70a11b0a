package jsondoc

// Change is one edit of a document; see SetValue, AppendItem, InsertItem and Remove.
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
