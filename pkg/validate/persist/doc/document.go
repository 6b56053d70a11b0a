package doc

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// Doc is a text that may say where something is put: a file of the repository,
// what a pair becomes for a role, a service command.
type Doc struct {
	File   string // on disk, as the app names it
	Rel    string // relative to the app's root; of a pair that of its resource
	Node   string // its path on the node, as far as that can be told; else Rel
	Self   string // of a script: where it lies on the node, "" where that is not known
	Text   string
	Format reader.Format

	Role      *Role          // whose it is alone; nil: of those in Owners
	Pair      *validate.Pair // that it is rendered from, or a command of
	Generated bool           // written by confd
	Given     string         // parameters that are other than by default, and their values
	MadeUp    bool           // rendered with values made up for keys that the role does not have
	InImage   bool           // lies where the image's files are kept
	Beside    bool           // code of the program that the app's folder lies in: it counts if something runs it
	Build     bool           // is run when the image is made
	Nested    bool           // a part of another document
	ByHand    bool           // a script of the image that nothing here names: whoever runs it is not seen
	Command   bool           // a command of cluster.json.mustache, or of a resource
	Service   string         // of such a command: the service that it is of

	Lent map[*Role]map[string]bool // of a module in Python that a role's programs only import: the names that they use

	At     func(offset int) diag.Pos // the place of an offset of the text
	Owners *Owners                   // nil until it is known whose it is
}

// Of reports whether a role's nodes have d. What is rendered for a role is there,
// whoever it is meant for.
func (d *Doc) Of(r *Role) bool {
	if d.Role != nil {
		return d.Role == r
	}
	return d.Owners.Has(r)
}

// MeantFor reports whether a role's nodes have d, and it is not sure that it is meant for
// others: pairs of different roles may write one file.
func (d *Doc) MeantFor(r *Role) bool {
	return d.Of(r) && (d.Owners.Has(r) || d.Owners.Sure != validate.Certain)
}

// Pos is the place of an offset, in a file of the repository.
func (d *Doc) Pos(offset int) diag.Pos {
	return d.At(min(max(offset, 0), len(d.Text)))
}

// LineAt is the line of the text at an offset, without white space around it.
func (d *Doc) LineAt(offset int) string {
	offset = min(max(offset, 0), len(d.Text))
	start := strings.LastIndexByte(d.Text[:offset], '\n') + 1
	line, _, _ := strings.Cut(d.Text[start:], "\n")
	return strings.TrimSpace(line)
}

// Part is a text inside of d: a here-document, a script in quotes. same says
// that it stands in d as it is, from offset on; else all of it is at offset.
func (d *Doc) Part(node, text string, offset int, format reader.Format) *Doc {
	inner := *d
	inner.Node, inner.Text, inner.Format, inner.Lent = node, text, format, nil
	same := offset >= 0 && offset+len(text) <= len(d.Text) && d.Text[offset:offset+len(text)] == text
	inner.At = func(o int) diag.Pos {
		if same {
			return d.Pos(offset + o)
		}
		return d.Pos(offset)
	}
	return &inner
}

// For is a program in Python as one of several roles runs it: what others alone do is blank,
// and of a module that the role's programs only import, what they do not use.
func (d *Doc) For(r *Role, roles []*Role) *Doc {
	if d.Format != reader.Python || len(roles) < 2 {
		return d
	}
	var names []string
	for _, other := range roles {
		names = append(names, other.Name)
	}
	text := reader.PythonFor(d.Text, r.Name, names)
	if uses, ok := d.Lent[r.Itself()]; ok {
		text = reader.PythonLent(text, uses)
	}
	if text == d.Text {
		return d
	}
	own := *d
	own.Text = text
	return &own
}

// ByBase are documents by the last parts of their paths on the node; commands have none.
func ByBase(docs []*Doc) map[string][]*Doc {
	out := map[string][]*Doc{}
	for _, d := range docs {
		if !d.Command {
			base := strings.TrimSuffix(path.Base(d.Node), ".j2")
			out[base] = append(out[base], d)
		}
	}
	return out
}
