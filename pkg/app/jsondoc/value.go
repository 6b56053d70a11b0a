package jsondoc

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// Kind says what a Value is.
type Kind int

// The kinds of values. Mustache is an expression with {{…}} in it, or
// arithmetic over numbers, where a value stands; only Options.Mustache gives it.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
	Mustache
)

// String is the kind's name as messages use it.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object", "expression"}[k]
}

// WithArticle is the kind as a sentence has it.
func (k Kind) WithArticle() string {
	switch k {
	case Null:
		return k.String()
	case Array, Object, Mustache:
		return "an " + k.String()
	}
	return "a " + k.String()
}

// Value is a JSON value with its place: data[Start:Stop] is its text.
type Value struct {
	Kind        Kind
	Pos, End    diag.Pos // of the first byte, and of what follows the last one
	Start, Stop int      // byte offsets
	Text        string   // the decoded string; of other scalars and expressions the text as written
	Members     []Member // of an object, in the order of the file
	Items       []*Value // of an array
	Tree        *Expr    // of an expression

	// Expr is the expression that this value was made from, where the document
	// was expanded; empty for what stands in the file itself.
	Expr string
}

// Member is a member of an object.
type Member struct {
	Key               string
	KeyPos            diag.Pos
	KeyStart, KeyStop int // byte offsets of the key with its quotes
	Value             *Value
}

// Get follows path from v: a member's name in an object; in an array an index
// ("0"), or "name=text" for the first object item whose member name is the
// string text. Of members with the same name the last one counts, as for
// encoding/json. The result is nil where there is nothing; Get of nil is nil.
func (v *Value) Get(path ...string) *Value {
	for _, step := range path {
		if v == nil {
			return nil
		}
		v = v.child(step)
	}
	return v
}

func (v *Value) child(step string) *Value {
	switch v.Kind {
	case Object:
		if m := v.Member(step); m != nil {
			return m.Value
		}
	case Array:
		if i := v.index(step); i >= 0 {
			return v.Items[i]
		}
	}
	return nil
}

// Member is the member called key of an object, the last one if there are
// several, or nil.
func (v *Value) Member(key string) *Member {
	if v == nil {
		return nil
	}
	for i := len(v.Members) - 1; i >= 0; i-- {
		if v.Members[i].Key == key {
			return &v.Members[i]
		}
	}
	return nil
}

// index is the item of an array that step selects, or -1.
func (v *Value) index(step string) int {
	if name, text, ok := strings.Cut(step, "="); ok {
		for i, item := range v.Items {
			if s := item.Get(name); s != nil && s.Kind == String && s.Text == text {
				return i
			}
		}
		return -1
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v.Items) {
		return i
	}
	return -1
}

// Str is the text of a string value, else "". Str of nil is "".
func (v *Value) Str() string {
	if v == nil || v.Kind != String {
		return ""
	}
	return v.Text
}

// Bool reports whether v is the literal true. Bool of nil is false.
func (v *Value) Bool() bool { return v != nil && v.Kind == Bool && v.Text == "true" }

// Int is the value of an integral number, and whether v is one. A number
// written with a fraction of zero ("2.0") is integral.
func (v *Value) Int() (int, bool) {
	if v == nil || v.Kind != Number {
		return 0, false
	}
	if i, err := strconv.Atoi(v.Text); err == nil {
		return i, true
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	if i := int(f); err == nil && f > -1e15 && f < 1e15 && float64(i) == f {
		return i, true
	}
	return 0, false
}

// Any is v as encoding/json would decode it into any, but with numbers as
// json.Number, so that they keep their digits. An expression becomes its text.
func (v *Value) Any() any {
	if v == nil {
		return nil
	}
	switch v.Kind {
	case Bool:
		return v.Text == "true"
	case Number:
		return json.Number(v.Text)
	case String, Mustache:
		return v.Text
	case Array:
		items := make([]any, 0, len(v.Items))
		for _, item := range v.Items {
			items = append(items, item.Any())
		}
		return items
	case Object:
		members := make(map[string]any, len(v.Members))
		for _, m := range v.Members {
			members[m.Key] = m.Value.Any()
		}
		return members
	default:
		return nil
	}
}

// Walk calls visit for v and everything below it, outermost first, until visit
// returns false for a value: what is below that one is left out.
func (v *Value) Walk(visit func(*Value) bool) {
	if v == nil || !visit(v) {
		return
	}
	for _, m := range v.Members {
		m.Value.Walk(visit)
	}
	for _, item := range v.Items {
		item.Walk(visit)
	}
}
