package pull

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm/payload"
	"github.com/appimg/appimg/pkg/scaffold"
)

// Result is what is to be taken over.
type Result struct {
	Edits scaffold.Edits
	// Notes say what is left to a person: pairs that the machine lacks.
	Notes []string
}

// Edits makes the project's pairs what the machine has. files are the machine's,
// below /etc/confd; images are those that it is made of: pairs that none of them
// has are added to the first. A template of several parts is split where its
// parts can be told.
func Edits(a *app.App, images []*app.Image, files map[string][]byte) (*Result, error) {
	r := &Result{}
	known := map[string]bool{payload.ConfD + "/cmd.info.toml": true, payload.Templates + "/cmd.info.tmpl": true}
	for _, img := range images {
		items, err := payload.Pairs(img)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			if known[item.Path] {
				continue
			}
			known[item.Path] = true
			if err := r.take(a, img, item, files); err != nil {
				return nil, err
			}
		}
	}
	return r, r.add(a, images, files, known)
}

// take makes an item of the project what the machine has.
func (r *Result) take(a *app.App, img *app.Image, item payload.Item, files map[string][]byte) error {
	text, there := files[item.Path]
	switch {
	case !there:
		r.Notes = append(r.Notes, fmt.Sprintf("the machine has no %q: it stays in the project", item.Path))
		return nil
	case bytes.Equal(text, item.Data):
		return nil
	}
	return r.change(a, img, item, text)
}

// change makes an item's file, or its parts, give text.
func (r *Result) change(a *app.App, img *app.Image, item payload.Item, text []byte) error {
	if item.Template == nil || whole(img, item) {
		return r.edit(a, item.Source, text)
	}
	var old []string
	for _, f := range item.Template.Files() {
		data, err := img.ReadFile(f)
		if err != nil {
			return err
		}
		old = append(old, string(data))
	}
	parts, ok := split(old, string(text))
	if !ok {
		return diag.WithHint(fmt.Errorf("taking over %q: it is made of %d parts, and which of them was edited cannot be told", item.Path, len(old)),
			"edit the parts in %q by hand, push, and pull again", filepath.Dir(item.Template.Files()[0]))
	}
	for i, f := range item.Template.Files() {
		if err := r.edit(a, f, []byte(parts[i])); err != nil {
			return err
		}
	}
	return nil
}

// whole reports whether a template is one file, and no folder of parts.
func whole(img *app.Image, item payload.Item) bool {
	rel, err := filepath.Rel(img.Templates, item.Source)
	return item.Source != "" && err == nil && filepath.ToSlash(rel) == item.Template.Name
}

// edit replaces a file of the project, where that changes it.
func (r *Result) edit(a *app.App, file string, text []byte) error {
	old, err := a.ReadFile(file)
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(a.Root, file)
	if err == nil && !bytes.Equal(old, text) {
		r.Edits = append(r.Edits, scaffold.Edit{Path: filepath.ToSlash(rel), Exists: true, Old: old, New: text, Mode: info.Mode().Perm()})
	}
	return err
}

// add makes files of what only the machine has.
func (r *Result) add(a *app.App, images []*app.Image, files map[string][]byte, known map[string]bool) error {
	var extra []string
	for name := range files {
		if !known[name] {
			extra = append(extra, name)
		}
	}
	slices.Sort(extra)
	if len(extra) == 0 {
		return nil
	}
	n := slices.IndexFunc(images, func(i *app.Image) bool { return i.ConfD != "" })
	if n < 0 {
		return fmt.Errorf("taking over %q: the project has no folder of pairs for it", extra[0])
	}
	for _, name := range extra {
		file, ok := place(images[n], name)
		if !ok {
			continue
		}
		rel, err := filepath.Rel(a.Root, file)
		if err != nil {
			return err
		}
		if _, err := os.Lstat(file); err == nil {
			return fmt.Errorf("taking over %q: there is a %q already", name, rel)
		}
		r.Edits = append(r.Edits, scaffold.Edit{Path: filepath.ToSlash(rel), New: files[name], Mode: fs.FileMode(0o644)})
	}
	return nil
}

// place is where a machine's file belongs in an image's folders.
func place(img *app.Image, name string) (string, bool) {
	templates := img.Templates
	if templates == "" {
		templates = filepath.Join(img.ConfDir, "templates")
	}
	for from, to := range map[string]string{payload.ConfD: img.ConfD, payload.Templates: templates} {
		if rel, ok := strings.CutPrefix(name, from+"/"); ok && filepath.IsLocal(filepath.FromSlash(rel)) {
			return filepath.Join(to, filepath.FromSlash(rel)), true
		}
	}
	return "", false
}
