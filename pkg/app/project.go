package app

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/vfs"
	"github.com/appimg/appimg/pkg/diag"
)

// openProject opens the project whose appimg.toml is in root.
func openProject(tree *vfs.Tree, root string) (*App, error) {
	a := &App{Root: root, files: filesIn(tree, root)}
	file := filepath.Join(root, ManifestName)
	data, err := a.files.read(file)
	if err != nil {
		return nil, err
	}
	if a.Manifest, err = ParseManifest(file, data); err != nil {
		return nil, err
	}
	a.Name, a.Version = a.Manifest.Name, a.Manifest.Version
	if a.Name == "" {
		a.Name = nameOf(tree, root)
	}
	dir, err := a.folder("app.dir", a.Manifest.App.Dir, "app")
	if err != nil {
		return nil, err
	}
	if err := a.loadFiles(dir); err != nil {
		return nil, err
	}
	if err := a.projectImages(); err != nil {
		return nil, err
	}
	return a, a.checkRoles()
}

// folder is the folder that key of appimg.toml names, else the default. One
// that is named must be there, and inside the project.
func (a *App) folder(key, named, fallback string) (string, error) {
	if named == "" {
		return filepath.Join(a.Root, fallback), nil
	}
	if filepath.IsAbs(named) || !filepath.IsLocal(named) {
		return "", a.manifestErrorf(key, "%q leads out of the project", named)
	}
	dir := filepath.Join(a.Root, named)
	if !a.files.IsDir(dir) {
		return "", a.manifestErrorf(key, "no folder %q", named)
	}
	if _, err := a.files.inside(dir); err != nil {
		return "", err
	}
	return dir, nil
}

func (a *App) manifestErrorf(key, format string, args ...any) error {
	return &diag.Error{Op: fmt.Sprintf("parsing %q", a.Manifest.File), Pos: a.Manifest.Pos(key), Err: fmt.Errorf(format, args...)}
}

// projectImages finds the images: those of appimg.toml, and the folders of
// images/ that have a part of one; or the one whose confd/ lies beside appimg.toml.
func (a *App) projectImages() error {
	dirs := map[string]string{}
	entries, _ := a.files.ReadDir(filepath.Join(a.Root, "images")) // absent in the single-image layout
	for _, e := range entries {
		dir := filepath.Join(a.Root, "images", e.Name())
		if strings.HasPrefix(e.Name(), ".") || !a.files.IsDir(dir) {
			continue
		}
		if _, err := a.files.inside(dir); err != nil {
			return err
		}
		if slices.ContainsFunc([]string{"confd", "rootfs", "Dockerfile"}, func(part string) bool { return a.files.Exists(filepath.Join(dir, part)) }) {
			dirs[e.Name()] = dir
		}
	}
	single := len(dirs) == 0 && len(a.Manifest.Images) <= 1
	for name, m := range a.Manifest.Images {
		fallback := filepath.Join("images", name)
		if single {
			fallback = "."
		}
		dir, err := a.folder("images."+name+".dir", m.Dir, fallback)
		if err != nil {
			return err
		}
		if !a.files.IsDir(dir) {
			return a.manifestErrorf("images."+name, "no folder %q for image %q", fallback, name)
		}
		dirs[name] = dir
	}
	if len(dirs) == 0 {
		dirs[a.Name] = a.Root
	}
	for _, name := range slices.Sorted(maps.Keys(dirs)) {
		a.Images = append(a.Images, a.projectImage(name, dirs[name]))
	}
	return nil
}

func (a *App) projectImage(name, dir string) *Image {
	m, named := a.Manifest.Images[name]
	img := &Image{Name: name, Dir: dir, Roles: m.Roles, Base: m.Base, Tags: m.Tags, files: a.files}
	if named {
		img.Pos = a.Manifest.Pos("images." + name)
	}
	if len(m.Roles) == 0 && a.Role(name) {
		img.Roles = []string{name}
	}
	confDir := filepath.Join(dir, "confd")
	if a.files.IsDir(confDir) {
		img.ConfDir = confDir
	}
	img.ConfD = a.ifDir(filepath.Join(confDir, "conf.d"))
	img.Templates = a.ifDir(filepath.Join(confDir, "templates"))
	img.RootFS = a.ifDir(filepath.Join(dir, "rootfs"))
	if file := filepath.Join(dir, "Dockerfile"); a.files.Exists(file) {
		img.Dockerfile = file
	}
	return img
}

func (a *App) ifDir(path string) string {
	if a.files.IsDir(path) {
		return path
	}
	return ""
}

// checkRoles refuses roles in appimg.toml that cluster.json.mustache does not have.
func (a *App) checkRoles() error {
	known := a.RoleNames()
	if len(known) == 0 {
		return nil
	}
	for name, m := range a.Manifest.Images {
		for _, role := range m.Roles {
			if slices.Contains(known, role) {
				continue
			}
			err := a.manifestErrorf("images."+name+".roles", "no role %q in %s", role, a.ClusterFile)
			return diag.DidYouMean(err, role, known, "its roles are "+strings.Join(known, ", "))
		}
	}
	return nil
}

// RoleNames are the names that cluster.json.mustache gives its roles, as far
// as it can be read, without replicas. An app with one unnamed role has [""].
func (a *App) RoleNames() []string {
	var names []string
	for _, n := range a.nodes() {
		names = append(names, n.Get("role").Str())
	}
	return names
}

// Role reports whether the app has a role called name.
func (a *App) Role(name string) bool { return slices.Contains(a.RoleNames(), name) }
