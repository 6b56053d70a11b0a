package scaffold

import (
	"context"
	"errors"
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

// Config is a configuration file that confd is to write.
type Config struct {
	Dest   string  // absolute, in the image
	From   string  // a file whose text becomes the template; "" is none
	Image  string  // the project's image; "" where there is only one
	Params []Param // settings that become env parameters
	Reload string  // reload_cmd
	Check  string  // check_cmd
	Mode   string  // default "0644"
	Owner  string  // "UID" or "UID:GID", numbers; "" is confd's own
}

// Param says that a setting of the file becomes an env parameter.
type Param struct {
	Name string // of the parameter
	Key  string // in the file; "" is Name
}

// ParseParam reads NAME or NAME=KEY.
func ParseParam(text string) Param {
	name, key, _ := strings.Cut(text, "=")
	return Param{name, key}
}

func (p Param) key() string {
	if p.Key != "" {
		return p.Key
	}
	return p.Name
}

// AddConfig adds a pair, whose template renders to the file From byte for byte,
// and turns settings into env parameters: in the template, in config.json and
// in cluster.json.mustache. Where a pair for Dest is there already, Params are
// turned in its template. Notes say what is left to do.
func AddConfig(ctx context.Context, a *app.App, c Config) (edits Edits, notes []string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("adding configuration %q: %w", c.Dest, err)
		}
	}()
	if err := c.check(); err != nil {
		return nil, nil, err
	}
	img, err := imageOf(a, c.Image)
	if err != nil {
		return nil, nil, err
	}
	w := &workspace{app: a}
	p, err := w.pairFor(img, c)
	if err != nil {
		return nil, nil, err
	}
	for _, param := range c.Params {
		note, err := w.turn(p, param)
		if err != nil {
			return nil, nil, err
		}
		notes = append(notes, note...)
	}
	if err := w.save(ctx, p); err != nil {
		return nil, nil, err
	}
	notes = append(notes, w.remarks(img, c, p)...)
	edits, err = w.finish(ctx)
	return edits, notes, err
}

// remarks are what the author should know of the result.
func (w *workspace) remarks(img *app.Image, c Config, p *pair) []string {
	var notes []string
	if p.resource == nil && c.Mode == "" && p.secret {
		notes = append(notes, fmt.Sprintf("%s will hold a secret: --mode 0600 keeps it from other users, --owner gives it to the program's", c.Dest))
	}
	doc, err := w.clusterDoc()
	if err != nil || len(c.Params) == 0 {
		return notes
	}
	for _, n := range nodesOf(doc) {
		if role := n.Get("role").Str(); n.Get("env") != nil && img.UsedBy(role) {
			notes = append(notes, fmt.Sprintf("role %s has an env of its own: its nodes do not see the cluster's parameters", role))
		}
	}
	return notes
}

var (
	fileMode = regexp.MustCompile(`^0[0-7]{3}$`)
	owner    = regexp.MustCompile(`^([0-9]+)(?::([0-9]+))?$`)
)

func (c Config) check() error {
	if !path.IsAbs(c.Dest) || path.Clean(c.Dest) != c.Dest || c.Dest == "/" {
		return diag.WithHint(errors.New("this is no absolute path of a file"), "it looks like /etc/my/app.conf")
	}
	if c.Mode != "" && !fileMode.MatchString(c.Mode) {
		return diag.WithHint(fmt.Errorf("mode %q is not octal", c.Mode), "four digits, the first of them 0: 0644, 0600, 0755")
	}
	if c.Mode != "" && strings.ContainsAny(c.Mode[3:], "2367") {
		return diag.WithHint(fmt.Errorf("mode %q lets everybody write the file", c.Mode), "0644, or 0640 with an owner")
	}
	if c.Owner != "" && !owner.MatchString(c.Owner) {
		return diag.WithHint(fmt.Errorf("owner %q is no number", c.Owner), "UID or UID:GID, as confd takes them")
	}
	for _, text := range []string{c.Dest, c.Reload, c.Check} {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufffd' }) {
			return fmt.Errorf("%q has characters that a line cannot have", text)
		}
	}
	return nil
}

// imageOf is the image called name, or the only one.
func imageOf(a *app.App, name string) (*app.Image, error) {
	var names []string
	for _, img := range a.Images {
		if img.Name == name || name == "" && len(a.Images) == 1 {
			return img, nil
		}
		names = append(names, img.Name)
	}
	switch {
	case len(names) == 0 && name == "":
		return &app.Image{Name: a.Name, Dir: a.Root}, nil
	case name == "":
		return nil, diag.WithHint(errors.New("the app has several images"), "--image names one of %s", strings.Join(names, ", "))
	}
	return nil, diag.DidYouMean(fmt.Errorf("no image %q", name), name, names, "images are "+strings.Join(names, ", "))
}

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
