package confd

import (
	"errors"

	"github.com/appimg/appimg/pkg/diag"
)

// Resource is one template resource: a pair of conf.d/NAME.toml and
// templates/SRC.
type Resource struct {
	File      string // path of the toml, as given
	Src       string // template, relative to <confdir>/templates
	Dest      string // file to write
	Prefix    string // where the keys start; a -prefix flag replaces it
	Mode      string // as written, e.g. "0644"; "" is unset
	CheckCmd  string // a template with .src, run before the swap
	ReloadCmd string // run after a swap
	Keys      []string
	UID, GID  int // -1 is unset
}

// Field is one key of the [template] table with its place in the toml.
type Field struct {
	Name  string // as written
	Pos   diag.Pos
	Known bool
}

// ParseResource reads the toml of one resource. Faults are at file:line:col.
func ParseResource(file string, data []byte) (*Resource, error) { return nil, errors.New("not yet") }

// Pos is the place of a field ("src", "keys", …) in the toml; zero if absent.
func (r *Resource) Pos(field string) diag.Pos { return diag.Pos{} }

// Fields lists every key of the [template] table, in file order.
func (r *Resource) Fields() []Field { return nil }

// Unknown lists the keys that confd ignores.
func (r *Resource) Unknown() []Field { return nil }

// FindResources lists <confdir>/conf.d/**/*toml in the order in which confd
// goes through them. A confdir that is not there has none.
func FindResources(confdir string) ([]string, error) { return nil, errors.New("not yet") }
