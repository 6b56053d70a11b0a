package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/app/vfs"
	"github.com/appimg/appimg/pkg/diag"
)

// Open opens the app in dir: the project whose appimg.toml is in dir or in a
// folder above it (not above the repository), else the only app below dir.
// Faults of appimg.toml are errors with their places; those of config.json and
// cluster.json.mustache are left to Expand. Several apps below dir are an
// error that lists them.
func Open(ctx context.Context, dir string, o Options) (*App, error) {
	found, err := find(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	if len(found.apps) > 1 {
		return nil, several(dir, found.apps)
	}
	return found.apps[0].open(found)
}

// Discover opens every app in or below dir, in path order: for checks that
// take a whole repository. An app that cannot be opened does not keep the
// others back: they come together with the error.
func Discover(ctx context.Context, dir string, o Options) ([]*App, error) {
	found, err := find(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	var apps []*App
	var errs []error
	for _, c := range found.apps {
		a, err := c.open(found)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		apps = append(apps, a)
	}
	return apps, errors.Join(errs...)
}

// candidate is an app that was found: by its appimg.toml, or by its
// cluster.json.mustache.
type candidate struct {
	root     string
	manifest string // path of appimg.toml; "" if unconverted
	cluster  string // path of cluster.json.mustache of an unconverted app
}

func (c candidate) open(found *finding) (a *App, err error) {
	if c.manifest != "" {
		a, err = openProject(found.tree, c.root)
	} else {
		a, err = openUnconverted(c, found)
	}
	if err != nil {
		return nil, err
	}
	a.Missed = found.missed
	return a, nil
}

// find looks for apps: a project at dir or above it, else whatever is below.
func find(ctx context.Context, dir string, o Options) (*finding, error) {
	dir = filepath.Clean(dir)
	tree := o.Tree(dir)
	info, err := tree.Stat(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("opening %q: %w", dir, diag.Reason(err))
	case !info.IsDir():
		return nil, diag.WithHint(fmt.Errorf("opening %q: it is no folder", dir), "name the folder that holds %s or %s", ManifestName, clusterName)
	}
	if root, ok := projectAbove(tree, dir); ok {
		return &finding{tree: tree, apps: []candidate{{root: root, manifest: filepath.Join(root, ManifestName)}}}, nil
	}
	found, err := scan(ctx, tree, dir)
	if err != nil {
		return nil, err
	}
	if len(found.apps) == 0 {
		err := fmt.Errorf("opening %q: no %s in it or above it, and no %s below it", dir, ManifestName, clusterName)
		if len(found.missed) > 0 {
			err = diag.WithHint(err, "not all of it was looked at: %s", found.missed[0])
		}
		return nil, diag.WithHint(err, "appimg init NAME makes a new project; -C DIR names another folder")
	}
	return found, nil
}

// projectAbove is the nearest folder with appimg.toml, from dir upward to the
// repository's top.
func projectAbove(tree *vfs.Tree, dir string) (string, bool) {
	for range 64 {
		if tree.Exists(filepath.Join(dir, ManifestName)) {
			return dir, true
		}
		if tree.Exists(filepath.Join(dir, ".git")) || tree.Top(dir) {
			return "", false
		}
		dir = filepath.Join(dir, "..")
	}
	return "", false
}

func several(dir string, apps []candidate) error {
	var roots []string
	for _, c := range apps[:min(len(apps), 10)] {
		roots = append(roots, c.root)
	}
	if len(apps) > len(roots) {
		roots = append(roots, "…")
	}
	err := fmt.Errorf("opening %q: %d apps below it: %s", dir, len(apps), strings.Join(roots, ", "))
	return diag.WithHint(err, "name one of them, e.g. -C %s", roots[0])
}

// loadFiles reads config.json, cluster.json.mustache and the names of the
// translations in dir.
func (a *App) loadFiles(dir string) error {
	if path := filepath.Join(dir, configName); a.files.Named(path) {
		data, err := a.files.read(path)
		if err != nil {
			return err
		}
		a.ConfigFile, a.Config = path, ParseConfig(path, data)
	}
	if path := filepath.Join(dir, clusterName); a.files.Named(path) {
		data, err := a.files.read(path)
		if err != nil {
			return err
		}
		doc, faults := jsondoc.ParseTolerant(path, data, jsondoc.Options{Mustache: true})
		a.ClusterFile, a.cluster = path, &clusterSource{data, doc, faults}
	}
	a.Locale = locales(a.files.Tree, filepath.Join(dir, localeName))
	return nil
}

func locales(tree *vfs.Tree, dir string) map[string]string {
	out := map[string]string{}
	entries, _ := tree.ReadDir(dir) // what cannot be listed has none
	for _, e := range entries {
		if lang, ok := strings.CutSuffix(e.Name(), ".json"); ok && !e.IsDir() {
			out[lang] = filepath.Join(dir, e.Name())
		}
	}
	return out
}

// nameOf is what an app is called that does not say it: as its folder. The top
// of a file system has no name.
func nameOf(tree *vfs.Tree, dir string) string { return cmp.Or(tree.Base(dir), "app") }
