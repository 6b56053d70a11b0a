package scaffold

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
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
	fileMode = lazyregexp.New(`^0[0-7]{3}$`)
	owner    = lazyregexp.New(`^([0-9]+)(?::([0-9]+))?$`)
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
