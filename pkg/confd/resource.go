package confd

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/confd/internal/oldtoml"
	"github.com/appimg/appimg/pkg/diag"
)

// ErrNoSrc is the reason why a resource without src is refused.
var ErrNoSrc = errors.New("empty src template")

// maxResource bounds the toml of a resource, in bytes.
const maxResource = 1 << 20

// Resource is one template resource: the pair of conf.d/NAME.toml and
// templates/SRC.
type Resource struct {
	File      string // path of the toml, as given
	Src       string // template, relative to <confdir>/templates
	Dest      string // file to write
	Prefix    string // where the keys start, as written; a -prefix flag replaces it
	Mode      string // as written, e.g. "0644"; "" is unset
	CheckCmd  string // a template with .src, run before the swap
	ReloadCmd string // run after a swap
	Keys      []string
	UID, GID  int // -1 is unset: confd's own

	fields  []Field
	outside []Field
	keyPos  []diag.Pos
}

// Field is one key of the [template] table with its place in the toml.
type Field struct {
	Name  string // as written; keys match without regard to case
	Pos   diag.Pos
	Known bool // false: confd ignores it
}

// ParseResource reads the toml of one resource. Faults are at file:line:col.
// A resource without src is refused with ErrNoSrc, as confd does.
func ParseResource(file string, data []byte) (*Resource, error) {
	r := &Resource{File: file, UID: -1, GID: -1}
	if err := r.decode(data); err != nil {
		return nil, &diag.Error{Op: "reading template resource " + strconv.Quote(file), Err: err}
	}
	return r, nil
}

// ReadResource is ParseResource of a file.
func ReadResource(file string) (*Resource, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &diag.Error{Op: "reading template resource " + strconv.Quote(file), Err: err}
	}
	return ParseResource(file, data)
}

func (r *Resource) decode(data []byte) error {
	if len(data) > maxResource {
		return diag.Errorf(diag.Pos{File: r.File}, "larger than %d bytes", maxResource)
	}
	root, err := oldtoml.Parse(r.File, data)
	if err != nil {
		return err
	}
	at := &places{file: r.File, text: string(data), line: 1}
	for _, e := range root.Entries {
		if !strings.EqualFold(e.Key, "template") {
			r.outside = append(r.outside, Field{Name: e.Key, Pos: at.pos(e.Offset)})
			continue
		}
		if e.Value.Kind != oldtoml.TableKind {
			return diag.WithHint(diag.Errorf(at.pos(e.Value.Offset), "template: expected a table, found %s", e.Value.Kind),
				"start the resource with the line [template]")
		}
		if err := r.decodeTable(e.Value.Table, at); err != nil {
			return err
		}
	}
	if r.Src == "" {
		return r.noSrc()
	}
	return nil
}

// noSrc is ErrNoSrc with what to do: where there is no [template], what stands
// in its place is the fault.
func (r *Resource) noSrc() error {
	if len(r.fields) == 0 && len(r.outside) > 0 {
		first := r.outside[0]
		return diag.WithHint(&diag.Error{Pos: first.Pos, Err: ErrNoSrc}, "the settings stand below a line [template]: there is %q in its place", first.Name)
	}
	return diag.WithHint(&diag.Error{Pos: r.srcPos(), Err: ErrNoSrc}, "name the template: src = \"NAME.tmpl\" below [template]")
}

func (r *Resource) srcPos() diag.Pos {
	if pos := r.Pos("src"); !pos.IsZero() {
		return pos
	}
	return diag.Pos{File: r.File}
}

func (r *Resource) decodeTable(t *oldtoml.Table, at *places) error {
	for _, e := range t.Entries {
		pos := at.pos(e.Offset)
		set := r.setter(strings.ToLower(e.Key))
		r.fields = append(r.fields, Field{Name: e.Key, Pos: pos, Known: set != nil && !isInternal(e.Key)})
		if set == nil {
			continue
		}
		err := set(e.Value, at)
		if strings.EqualFold(e.Key, "mode") && e.Value.Kind == oldtoml.Integer {
			err = diag.WithHint(mismatchOf("a string", e.Value), "put it in quotes: %q", "0"+strings.TrimLeft(e.Value.Text, "0"))
		}
		if err != nil {
			return &diag.Error{Pos: pos, Err: fmt.Errorf("%s: %w", e.Key, err)}
		}
	}
	return nil
}

// isInternal tells the fields of QingCloud's struct that are no settings but
// are type-checked all the same, since its toml reader sees them.
func isInternal(key string) bool {
	return strings.EqualFold(key, "filemode") || strings.EqualFold(key, "stagefile")
}

type setter func(v *oldtoml.Value, at *places) error

func (r *Resource) setter(key string) setter {
	switch key {
	case "src":
		return text(&r.Src)
	case "dest":
		return text(&r.Dest)
	case "prefix":
		return text(&r.Prefix)
	case "mode":
		return text(&r.Mode)
	case "check_cmd":
		return text(&r.CheckCmd)
	case "reload_cmd":
		return text(&r.ReloadCmd)
	case "uid":
		return integer(&r.UID)
	case "gid":
		return integer(&r.GID)
	case "keys":
		return r.setKeys
	case "filemode":
		return func(v *oldtoml.Value, _ *places) error {
			if v.Kind != oldtoml.Integer || v.Int < 0 || v.Int > math.MaxUint32 {
				return mismatch("a file mode", v)
			}
			return nil
		}
	case "stagefile":
		return func(v *oldtoml.Value, _ *places) error {
			if v.Kind != oldtoml.TableKind {
				return mismatch("a table", v)
			}
			return nil
		}
	}
	return nil
}

func text(to *string) setter {
	return func(v *oldtoml.Value, _ *places) error {
		if v.Kind != oldtoml.String {
			return mismatch("a string", v)
		}
		*to = v.Text
		return nil
	}
}

func integer(to *int) setter {
	return func(v *oldtoml.Value, _ *places) error {
		if v.Kind != oldtoml.Integer {
			return mismatch("an integer", v)
		}
		*to = int(v.Int)
		return nil
	}
}

func (r *Resource) setKeys(v *oldtoml.Value, at *places) error {
	if v.Kind != oldtoml.Array {
		return mismatch("an array of strings", v)
	}
	r.Keys, r.keyPos = nil, nil
	for _, item := range v.Items {
		if item.Kind != oldtoml.String {
			return mismatch("an array of strings", item)
		}
		r.Keys = append(r.Keys, item.Text)
		r.keyPos = append(r.keyPos, at.pos(item.Offset))
	}
	return nil
}

func mismatchOf(want string, v *oldtoml.Value) error {
	return fmt.Errorf("expected %s, found %s", want, v.Kind)
}

func mismatch(want string, v *oldtoml.Value) error {
	err := mismatchOf(want, v)
	if v.Kind == oldtoml.Integer && want == "a string" {
		return diag.WithHint(err, "put it in quotes: %q", v.Text)
	}
	return err
}

// Pos is the place of a field ("src", "keys", …) in the toml; zero if absent.
func (r *Resource) Pos(field string) diag.Pos {
	for _, f := range r.fields {
		if strings.EqualFold(f.Name, field) {
			return f.Pos
		}
	}
	return diag.Pos{}
}

// KeyPos is the place of Keys[i]; zero for a resource that was not parsed.
func (r *Resource) KeyPos(i int) diag.Pos {
	if i < 0 || i >= len(r.keyPos) {
		return diag.Pos{}
	}
	return r.keyPos[i]
}

// Fields lists every key of the [template] table, in file order.
func (r *Resource) Fields() []Field { return r.fields }

// Outside lists the keys and tables beside [template]: confd ignores them.
func (r *Resource) Outside() []Field { return r.outside }

// Unknown lists the keys of the [template] table that confd ignores.
func (r *Resource) Unknown() []Field {
	var out []Field
	for _, f := range r.fields {
		if !f.Known {
			out = append(out, f)
		}
	}
	return out
}

// places turns offsets into places. It is cheap for offsets that rise.
type places struct {
	file, text          string
	offset, start, line int // start is that of the line
}

func (p *places) pos(offset int) diag.Pos {
	offset = min(offset, len(p.text))
	if offset < p.offset {
		p.offset, p.start, p.line = 0, 0, 1
	}
	for ; p.offset < offset; p.offset++ {
		if p.text[p.offset] == '\n' {
			p.line++
			p.start = p.offset + 1
		}
	}
	return diag.Pos{File: p.file, Line: p.line, Col: diag.At("", p.text[p.start:], offset-p.start).Col}
}
