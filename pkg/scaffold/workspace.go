package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
)

// workspace gathers the edits of one command: each file is read once, and later
// edits see what earlier ones made of it.
type workspace struct {
	app   *app.App
	edits []*Edit
}

// rel is the path of one of the app's files as Edit has it.
func (w *workspace) rel(file string) (string, error) {
	rel, err := filepath.Rel(w.app.Root, file)
	if err != nil {
		return "", fmt.Errorf("editing %q: %w", file, err)
	}
	return filepath.ToSlash(rel), nil
}

// open is the edit of file, a path as App has it.
func (w *workspace) open(file string) (*Edit, error) {
	name, err := w.rel(file)
	if err != nil {
		return nil, err
	}
	for _, e := range w.edits {
		if e.Path == name {
			return e, nil
		}
	}
	e, err := read(w.app.Root, name)
	if err != nil {
		return nil, err
	}
	w.edits = append(w.edits, &e)
	return &e, nil
}

// replace gives file a new text.
func (w *workspace) replace(file string, text []byte) error {
	e, err := w.open(file)
	if err != nil {
		return err
	}
	e.New = text
	return nil
}

// create makes a file, which must not be there.
func (w *workspace) create(file string, text []byte) error {
	e, err := w.open(file)
	if err != nil {
		return err
	}
	if e.Exists {
		return fmt.Errorf("creating %q: it %w", file, ErrExists)
	}
	e.New, e.Mode = text, modeOf(e.Path, text)
	return nil
}

// change edits a JSON file of the app in place.
func (w *workspace) change(file string, o jsondoc.Options, changes ...jsondoc.Change) error {
	e, err := w.open(file)
	if err != nil {
		return err
	}
	if !e.Exists {
		return fmt.Errorf("editing %q: %w", file, fs.ErrNotExist)
	}
	text, err := jsondoc.Apply(file, e.New, o, changes...)
	if err != nil {
		return err
	}
	e.New = text
	return nil
}

func (w *workspace) config(changes ...jsondoc.Change) error {
	if w.app.ConfigFile == "" {
		return errors.New("editing config.json: the app has none")
	}
	return w.change(w.app.ConfigFile, jsondoc.Options{}, changes...)
}

func (w *workspace) cluster(changes ...jsondoc.Change) error {
	if w.app.ClusterFile == "" {
		return errors.New("editing cluster.json.mustache: the app has none")
	}
	return w.change(w.app.ClusterFile, jsondoc.Options{Mustache: true}, changes...)
}

// clusterDoc is cluster.json.mustache as it is now.
func (w *workspace) clusterDoc() (*jsondoc.Value, error) {
	if w.app.ClusterFile == "" {
		return nil, errors.New("reading cluster.json.mustache: the app has none")
	}
	e, err := w.open(w.app.ClusterFile)
	if err != nil {
		return nil, err
	}
	doc, faults := jsondoc.ParseTolerant(w.app.ClusterFile, e.New, jsondoc.Options{Mustache: true})
	for _, f := range faults {
		if f.Kind == jsondoc.Syntax {
			return nil, f.Err()
		}
	}
	if doc == nil {
		return nil, fmt.Errorf("reading %q: it is empty", w.app.ClusterFile)
	}
	return doc, nil
}

// translate adds texts that are shown to every translation that lacks them, as
// they are: an English word in zh-cn.json is better than a bare key.
func (w *workspace) translate(texts ...string) error {
	for _, language := range slices.Sorted(maps.Keys(w.app.Locale)) {
		file := w.app.Locale[language]
		e, err := w.open(file)
		if err != nil {
			return err
		}
		doc, _ := jsondoc.ParseTolerant(file, e.New, jsondoc.Options{}) // what cannot be edited is refused below
		var changes []jsondoc.Change
		for _, text := range texts {
			if text != "" && doc.Member(text) == nil {
				changes = append(changes, jsondoc.SetValue(quote(text), text))
			}
		}
		if err := w.change(file, jsondoc.Options{}, changes...); err != nil {
			return err
		}
	}
	return nil
}

// finish checks that the app can still be read, and returns what changes, in
// path order.
func (w *workspace) finish(ctx context.Context) (Edits, error) {
	var edits Edits
	for _, e := range w.edits {
		if e.Changed() {
			edits = append(edits, *e)
		}
	}
	slices.SortFunc(edits, func(a, b Edit) int { return strings.Compare(a.Path, b.Path) })
	if _, err := w.app.Expand(nil); err != nil {
		return edits, nil // it could not be before: what was wrong is for lint to say
	}
	overlay := map[string][]byte{}
	for _, e := range edits {
		overlay[filepath.Join(w.app.Root, filepath.FromSlash(e.Path))] = e.New
	}
	after, err := app.Open(ctx, w.app.Root, app.Options{Overlay: overlay})
	if err == nil {
		_, err = after.Expand(nil)
	}
	if err != nil {
		return nil, fmt.Errorf("checking the result: %w", err)
	}
	return edits, nil
}

// exists reports whether file is there, or about to be.
func (w *workspace) exists(file string) bool {
	if _, err := os.Lstat(file); err == nil {
		return true
	}
	name, err := w.rel(file)
	if err != nil {
		return false
	}
	for _, e := range w.edits {
		if e.Path == name {
			return true
		}
	}
	return false
}
