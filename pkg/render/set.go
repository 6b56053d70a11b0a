package render

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// File is what one pair becomes on one node: Content, or Err. The names are
// those of `appimg render --format json`.
type File struct {
	Node      string // instance_id; "" where unknown
	Role      string
	Resource  string // the toml's path
	Dest      string // absolute path on the node
	Mode      string // effective, e.g. "0644"
	UID, GID  *int   // nil where the pair names none
	CheckCmd  string
	ReloadCmd string
	Content   []byte
	Err       error // why there is no content
}

// Node says on which node a set is rendered; the zero Node is an unknown one.
type Node struct{ ID, Role string }

// pair is a toml with its template, or the reason why it is none.
type pair struct {
	file     string
	resource *confd.Resource
	template *confd.Template
	err      error
}

// Set is the pairs of one folder, loaded once to be rendered on many nodes.
type Set struct {
	pairs []pair
}

// TemplateText finds the text of a template by its src. name is the file that
// errors point at.
type TemplateText func(src string) (name string, text []byte, err error)

// Load reads every pair of confDir/conf.d with the templates that texts
// finds. A pair that cannot be loaded is kept with its error; only a folder
// that cannot be read is an error of Load.
func Load(confDir string, texts TemplateText, m confd.Machine) (*Set, error) {
	files, err := confd.FindResources(confDir)
	if err != nil {
		return nil, fmt.Errorf("reading pairs of %q: %w", confDir, err)
	}
	set := &Set{}
	for _, f := range files {
		set.pairs = append(set.pairs, loadPair(f, texts, m))
	}
	return set, nil
}

func loadPair(file string, texts TemplateText, m confd.Machine) pair {
	p := pair{file: file}
	p.resource, p.err = confd.LoadResource(file)
	if p.err != nil {
		return p
	}
	name, text, err := texts(p.resource.Src)
	if err != nil {
		p.err = &diag.Error{Pos: p.resource.Pos("src"), Err: err}
		return p
	}
	p.template, p.err = confd.ParseTemplate(name, string(text), m)
	return p
}

// Len is the number of pairs.
func (s *Set) Len() int { return len(s.pairs) }

// Dests is where the pairs write, in the order of the pairs.
func (s *Set) Dests() []string {
	var out []string
	for _, p := range s.pairs {
		if p.resource != nil {
			out = append(out, p.resource.Dest)
		}
	}
	return out
}

// Render renders every pair for one node, in path order. prefix replaces the
// pairs' own, as confd.toml's does on the platform; nil keeps theirs.
func (s *Set) Render(ctx context.Context, n Node, src confd.Source, prefix *string) []File {
	out := make([]File, len(s.pairs))
	for i := range s.pairs {
		out[i] = s.pairs[i].render(ctx, n, src, prefix)
	}
	return out
}

func (p *pair) render(ctx context.Context, n Node, src confd.Source, prefix *string) File {
	f := File{Node: n.ID, Role: n.Role, Resource: filepath.ToSlash(p.file)}
	if p.resource != nil {
		p.describe(&f)
	}
	f.Err = p.err
	if f.Err == nil {
		f.Content, f.Err = p.content(ctx, src, prefix)
	}
	if f.Err != nil {
		f.Content = nil
	}
	return f
}
