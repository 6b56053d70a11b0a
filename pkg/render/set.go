package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// Set is the pairs of one folder, loaded once to be rendered on many nodes.
type Set struct {
	pairs []pair
	seen  views
	memo  confd.Memo
}

// pair is a resource with its template, or the reason why it is none.
type pair struct {
	file     string
	resource *confd.Resource
	template *confd.Template
	origin   *app.TemplateFile // maps places of concatenated parts back; nil otherwise
	err      error
}

// Load reads the pairs of an image's conf.d and templates. A pair that cannot
// be loaded stays in the set with its error; only a folder that cannot be read
// is an error of Load. m answers what templates ask of the machine.
func Load(img *app.Image, m confd.Machine) (*Set, error) {
	files, err := img.Resources()
	if err != nil {
		return nil, err
	}
	texts, err := img.TemplateFiles()
	if err != nil {
		return nil, err
	}
	set := &Set{}
	for _, f := range files {
		p := pair{file: f}
		p.err = p.load(img, texts, m)
		set.pairs = append(set.pairs, p)
	}
	return set, nil
}

func (p *pair) load(img *app.Image, texts map[string]*app.TemplateFile, m confd.Machine) error {
	data, err := img.ReadFile(p.file)
	if err != nil {
		return err
	}
	if p.resource, err = confd.ParseResource(p.file, data); err != nil {
		return withoutOp(err)
	}
	if p.resource.Src == "" {
		return diag.Errorf(diag.Pos{File: p.file}, "src is missing: it names the template")
	}
	name, text, err := p.text(img, texts)
	if err != nil {
		return err
	}
	p.template, err = confd.ParseTemplate(name, text, m)
	return p.atOrigin(err)
}

// withoutOp drops what was attempted: whoever shows a File names its resource.
func withoutOp(err error) error {
	var e *diag.Error
	if errors.As(err, &e) && e == err {
		return &diag.Error{Pos: e.Pos, Err: e.Err}
	}
	return err
}

// text finds the template: below templates/ as confd does, with folders of
// parts concatenated.
func (p *pair) text(img *app.Image, texts map[string]*app.TemplateFile) (name, text string, err error) {
	src := filepath.ToSlash(p.resource.Src)
	if t := texts[strings.TrimPrefix(path.Clean("/"+src), "/")]; t != nil && !leaves(src) {
		name = filepath.Join(img.Templates, filepath.FromSlash(t.Name))
		if files := t.Files(); len(files) != 1 || files[0] != name {
			p.origin = t
		}
		return name, string(t.Text), nil
	}
	name = filepath.Join(img.Templates, filepath.FromSlash(src))
	data, err := img.ReadFile(name)
	if err == nil {
		return name, string(data), nil
	}
	err = &diag.Error{Pos: p.resource.Pos("src"), Err: err}
	if !errors.Is(err, os.ErrNotExist) {
		return "", "", err
	}
	return "", "", diag.DidYouMean(err, src, keys(texts), fmt.Sprintf("src is looked up in %q", img.Templates))
}

// leaves reports whether src climbs out of templates/, as confd lets it.
func leaves(src string) bool {
	return strings.HasPrefix(path.Clean(strings.TrimLeft(src, "/")), "..")
}

func keys(m map[string]*app.TemplateFile) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// atOrigin moves the place of a template's fault into the part that it came from.
func (p *pair) atOrigin(err error) error {
	var te *confd.TemplateError
	if p.origin != nil && errors.As(err, &te) && te.Pos.Line > 0 {
		te.Pos = p.origin.Origin(te.Pos.Line, te.Pos.Col)
	}
	return err
}

// Dests is where the pairs write, in path order of their tomls.
func (s *Set) Dests() []string {
	var out []string
	for _, p := range s.pairs {
		if p.resource != nil && p.resource.Dest != "" {
			out = append(out, p.resource.Dest)
		}
	}
	return out
}

// Node says on which node a set is rendered; the zero Node is an unknown one.
type Node struct{ ID, Role string }

// Render renders every pair for one node, in path order. prefix replaces the
// pairs' own as confd's -prefix does; "" keeps theirs. It may be called for
// several nodes at once.
func (s *Set) Render(ctx context.Context, n Node, src confd.Source, prefix string) []File {
	r := reader{applier: confd.Applier{Prefix: &prefix, Memo: &s.memo}, src: src, seen: &s.seen, own: map[string]*view{}}
	out := make([]File, len(s.pairs))
	for i := range s.pairs {
		p := &s.pairs[i]
		out[i] = p.file0(n)
		if out[i].Err = p.err; p.err != nil {
			continue
		}
		out[i].Content, out[i].Err = p.on(ctx, &r)
	}
	return out
}

// on is what p becomes for the node that r reads for.
func (p *pair) on(ctx context.Context, r *reader) ([]byte, error) {
	v, err := r.view(ctx, p.resource)
	if err != nil {
		return nil, err
	}
	return v.content(ctx, p)
}

func (p *pair) execute(ctx context.Context, store *confd.Store) ([]byte, error) {
	var out bytes.Buffer
	if err := p.template.RenderContext(ctx, &out, store); err != nil {
		return nil, p.atOrigin(err)
	}
	if p.resource.Dest == "" {
		return nil, diag.Errorf(diag.Pos{File: p.file}, "dest is missing: it names the file to write")
	}
	return out.Bytes(), nil
}
