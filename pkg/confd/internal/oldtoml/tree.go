package oldtoml

// Kind is the type of a value.
type Kind int

// The kinds of values.
const (
	String Kind = iota
	Bool
	Integer
	Float
	Datetime
	Array
	TableKind
	TableArray // [[name]]
)

// String names the kind as messages do.
func (k Kind) String() string {
	return [...]string{"string", "boolean", "integer", "float", "date", "array", "table", "array of tables"}[k]
}

// Value is one value with its place.
type Value struct {
	Kind   Kind
	Offset int      // of its first byte; of the header for tables
	Text   string   // the decoded string, or the token as written
	Int    int64    // of an Integer
	Items  []*Value // of an Array, and one TableKind per [[name]] of a TableArray
	Table  *Table   // of a TableKind
}

// Entry is a key of a table with its value.
type Entry struct {
	Key    string
	Offset int // of the key
	Value  *Value
}

// Table holds its entries in the order of the file.
type Table struct {
	Entries []*Entry
	byKey   map[string]*Entry
}

// Get returns the entry of key, by its exact name, or nil.
func (t *Table) Get(key string) *Entry { return t.byKey[key] }

func newTable() *Table { return &Table{byKey: map[string]*Entry{}} }

func (t *Table) put(key string, offset int, v *Value) {
	e := &Entry{key, offset, v}
	t.Entries = append(t.Entries, e)
	t.byKey[key] = e
}
