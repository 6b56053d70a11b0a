package scaffold

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// pair is a pair of files that is being edited.
type pair struct {
	toml     string // path of conf.d/NAME.toml
	tomlText string
	template string // path of templates/SRC
	source   string // the name of what the template was made from: its ending tells its form
	config   Config
	resource *confd.Resource // nil for a new pair

	text  string // of the template, or
	plain bool   // of the file that the template is to render
	cuts  []cut

	secret bool // one of the cuts is a password
}

// pairFor is the pair for c.Dest: the one that is there, or a new one.
func (w *workspace) pairFor(img *app.Image, c Config) (*pair, error) {
	p, err := w.existingPair(c.Dest)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return w.newPair(img, c)
	}
	if c.From != "" || len(c.Params) == 0 {
		return nil, diag.WithHint(diag.Errorf(p.resource.Pos("dest"), "a pair for it %w", ErrExists),
			"--param alone turns settings of its template into parameters")
	}
	if c.Reload+c.Check+c.Mode+c.Owner != "" {
		return nil, diag.WithHint(diag.Errorf(p.resource.Pos("dest"), "a pair for it %w, with a mode and commands of its own", ErrExists), "edit %s", p.toml)
	}
	return p, nil
}

// existingPair is the pair whose dest is dest, in any image; nil without one.
func (w *workspace) existingPair(dest string) (*pair, error) {
	for _, img := range w.app.Images {
		if img.ConfDir == "" {
			continue
		}
		found, err := confd.FindResources(img.ConfDir)
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			r, err := confd.ReadResource(file)
			if err != nil || path.Clean(r.Dest) != dest {
				continue // what cannot be read is for lint to say
			}
			return w.openPair(r, filepath.Join(img.Templates, filepath.FromSlash(r.Src)))
		}
	}
	return nil, nil
}

func (w *workspace) openPair(r *confd.Resource, template string) (*pair, error) {
	t, err := w.open(r.File)
	if err != nil {
		return nil, err
	}
	tomlText := string(t.New)
	e, err := w.open(template)
	if err != nil {
		return nil, err
	}
	if !e.Exists {
		return nil, diag.Errorf(r.Pos("src"), "template %q is not there", r.Src)
	}
	return &pair{toml: r.File, tomlText: tomlText, template: template, text: string(e.New), resource: r, source: path.Base(r.Dest)}, nil
}

// newPair is a pair with names that nothing has yet.
func (w *workspace) newPair(img *app.Image, c Config) (*pair, error) {
	confD, templates := img.ConfD, img.Templates
	if confD == "" {
		confD = filepath.Join(img.Dir, "confd", "conf.d")
	}
	if templates == "" {
		templates = filepath.Join(filepath.Dir(confD), "templates")
	}
	p := &pair{config: c, source: path.Base(c.Dest), text: emptyTemplate(c.Dest)}
	if c.From != "" {
		data, err := os.ReadFile(c.From)
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", c.From, diag.Reason(err))
		}
		p.text, p.plain, p.source = string(data), true, filepath.Base(c.From)
	}
	for _, name := range names(c.Dest) {
		p.toml, p.template = filepath.Join(confD, name+".toml"), filepath.Join(templates, name+".tmpl")
		if !w.exists(p.toml) && !w.exists(p.template) {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no name is left for the pair in %q", confD)
}

// emptyTemplate renders to nothing, and says where it goes.
func emptyTemplate(dest string) string {
	return "{{/* Rendered to " + strings.ReplaceAll(dest, "*/", "") + ": write it here. */ -}}\n"
}

// names are names for a pair, the best first: app.conf, etc-app.conf, app.conf-2 …
func names(dest string) []string {
	clean := regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(strings.Trim(dest, "/"), "-")
	parts := strings.Split(clean, "-")
	base := regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(path.Base(dest), "-")
	out := []string{base}
	for i := len(parts) - 2; i >= 0; i-- {
		out = append(out, strings.Join(parts[i:], "-"))
	}
	for n := 2; n < 100; n++ {
		out = append(out, fmt.Sprintf("%s-%d", base, n))
	}
	return out
}

// save writes both files of the pair.
func (w *workspace) save(ctx context.Context, p *pair) error {
	text := p.result()
	if p.resource == nil {
		if err := p.prove(ctx, text); err != nil {
			return err
		}
		if err := w.create(p.toml, []byte(p.newToml())); err != nil {
			return err
		}
		return w.create(p.template, []byte(text))
	}
	if err := w.replace(p.template, []byte(text)); err != nil {
		return err
	}
	if coversEnv(p.resource) {
		return nil
	}
	tomlText, err := addKey(p.resource, p.tomlText, "/env")
	if err != nil {
		return err
	}
	return w.replace(p.toml, []byte(tomlText))
}

// prove renders the template with the values that stood in the file: the result
// must be the file, byte for byte.
func (p *pair) prove(ctx context.Context, text string) error {
	env := map[string]any{}
	for _, c := range p.cuts {
		env[c.name] = c.value
	}
	store, err := confd.LoadStore(ctx, confd.TreeSource("/self", map[string]any{"env": env}), "/self", []string{"/env"})
	if err != nil {
		return err
	}
	t, err := confd.ParseTemplate(p.template, text, confd.LocalMachine())
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.Render(&out, store); err != nil {
		return err
	}
	if p.plain && out.String() != p.text {
		return fmt.Errorf("the template would not render to %q", p.config.From)
	}
	return nil
}
