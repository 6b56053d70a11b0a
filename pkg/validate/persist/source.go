package persist

import (
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// doc is a text that may say where something is put: a file of the repository,
// what a pair becomes for a role, a service command.
type doc struct {
	file   string // on disk, as the app names it
	rel    string // relative to the app's root; of a pair that of its resource
	node   string // its path on the node, as far as that can be told; else rel
	self   string // of a script: where it lies on the node, "" where that is not known
	text   string
	format reader.Format

	role      *role // whose it is alone; nil: of those in owners
	pair      *validate.Pair
	generated bool   // written by confd
	given     string // parameters that are other than by default, and their values
	madeUp    bool   // rendered with values made up for keys that the role does not have
	inImage   bool   // lies where the image's files are kept
	beside    bool   // code of the program that the app's folder lies in: it counts if something runs it
	build     bool   // is run when the image is made
	nested    bool   // a part of another document
	command   bool   // a command of cluster.json.mustache, or of a resource
	service   string // of such a command: the service that it is of

	at     func(offset int) diag.Pos
	owners *owners
	names  []string
}

// of reports whether a role's nodes have d. What is rendered for a role is there,
// whoever it is meant for.
func (d *doc) of(r *role) bool {
	if d.role != nil {
		return d.role == r
	}
	return d.owners.has(r)
}

// pos is the place of an offset, in a file of the repository.
func (d *doc) pos(offset int) diag.Pos {
	return d.at(min(max(offset, 0), len(d.text)))
}

// lineAt is the line of the text at an offset, without white space around it.
func (d *doc) lineAt(offset int) string {
	offset = min(max(offset, 0), len(d.text))
	start := strings.LastIndexByte(d.text[:offset], '\n') + 1
	line, _, _ := strings.Cut(d.text[start:], "\n")
	return strings.TrimSpace(line)
}

// part is a text inside of d: a here-document, a script in quotes. same says
// that it stands in d as it is, from offset on; else all of it is at offset.
func (d *doc) part(node, text string, offset int, format reader.Format) *doc {
	inner := *d
	inner.node, inner.text, inner.format = node, text, format
	same := offset >= 0 && offset+len(text) <= len(d.text) && d.text[offset:offset+len(text)] == text
	inner.at = func(o int) diag.Pos {
		if same {
			return d.pos(offset + o)
		}
		return d.pos(offset)
	}
	return &inner
}
