package app

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
)

// openUnconverted makes an app of a cluster.json.mustache without appimg.toml
// and of the pairs that lie with it.
func openUnconverted(c candidate, found *finding) (*App, error) {
	root := c.root
	if len(found.apps) == 1 {
		root = found.dir
	}
	a := &App{Root: root, Name: nameOf(found.tree, c.root), files: filesIn(found.tree, found.dir)}
	if err := a.loadFiles(filepath.Dir(c.cluster)); err != nil {
		return nil, err
	}
	if len(found.apps) > 1 {
		a.Above = found.dir
		for _, other := range found.apps {
			if other.root != c.root {
				a.Others = append(a.Others, other.root)
			}
		}
	}
	a.notef("%s describes the app", a.ClusterFile)
	if a.ConfigFile == "" {
		a.notef("no %s lies beside it", configName)
	}
	for _, m := range found.missed {
		a.notef("%s", m)
	}
	sets, left := c.sets(found)
	for _, s := range sets {
		a.addSet(s, c.root)
	}
	a.keepApart()
	for _, s := range left {
		a.notef("%s is left out: it lies beside the app in %s", s.confD, c.root)
	}
	if len(sets) == 0 {
		a.notef("no template resources (conf.d) were found")
	}
	a.nameImages()
	return a, nil
}

func (a *App) notef(format string, args ...any) {
	a.Notes = append(a.Notes, fmt.Sprintf(format, args...))
}

// sets are the pairs of this app: those below its own folder if there are any,
// else those that lie below no other app. The others are left.
func (c candidate) sets(found *finding) (own, left []confSet) {
	var free []confSet
	for _, s := range found.sets {
		switch s.owner {
		case c.root:
			own = append(own, s)
		case "":
			free = append(free, s)
		}
	}
	if len(own) > 0 {
		return own, free
	}
	return free, nil
}

// owner is the root of the app that s lies in, "" if it lies in none.
func (f *finding) owner(s confSet) string {
	best := ""
	for _, c := range f.apps {
		if within(s.confD, c.root) && len(c.root) > len(best) {
			best = c.root
		}
	}
	return best
}

func (a *App) addSet(s confSet, appRoot string) {
	img := &Image{
		Dir: filepath.Dir(s.confD), ConfDir: filepath.Dir(s.confD), ConfD: s.confD,
		Templates: s.templates, files: a.files,
	}
	base := a.Root
	if within(s.confD, appRoot) {
		base = appRoot
	}
	img.Name = setName(base, s.confD)
	img.RootFS = a.rootOf(s.confD)
	dir := filepath.Dir(s.confD)
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if file := filepath.Join(d, "Dockerfile"); within(d, a.Root) && a.files.Exists(file) {
			img.Dockerfile = file
			break
		}
	}
	img.Roles = a.rolesFor(img.Name)
	a.Images = append(a.Images, img)
}

// keepApart takes roles that have a set of pairs of their own out of the others' sets,
// whose image they share.
func (a *App) keepApart() {
	own := map[string]*Image{}
	for _, img := range a.Images {
		for _, role := range img.Roles {
			if calledLike(img.Name, role) {
				own[role] = img
			}
		}
	}
	for _, img := range a.Images {
		img.Roles = slices.DeleteFunc(img.Roles, func(role string) bool { return own[role] != nil && own[role] != img && !calledLike(img.Name, role) })
	}
}

// calledLike reports whether the last part of a set's name is a role's.
func calledLike(set, role string) bool {
	last := normalName(set[strings.LastIndexByte(set, '/')+1:])
	return last != "" && normalName(role) == last
}

// rootOf is the folder that stands for / where pairs lie in …/etc/confd.
func (a *App) rootOf(confD string) string {
	confDir := filepath.Dir(confD)
	if etc := filepath.Dir(confDir); filepath.Base(confDir) == "confd" && filepath.Base(etc) == "etc" && within(filepath.Dir(etc), a.Root) {
		return filepath.Dir(etc)
	}
	return ""
}

// setName is the name of a set of pairs: what remains of its path without the
// folders that only say how things are laid out.
func setName(root, confD string) string {
	rel, err := filepath.Rel(root, confD)
	if err != nil {
		return ""
	}
	var kept []string
	for _, part := range strings.Split(filepath.ToSlash(rel), "/") {
		switch strings.ToLower(part) {
		case "conf.d", "confd", "etc", "files", "root", "rootfs", "image", "images", "ansible", "roles", "code",
			"vm-image", "templates", "opt", "app", "config", "conf", "docker", "kvm", "toml", "src", ".":
		default:
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "/")
}

// nameImages gives sets without a name of their own the app's, and makes
// names unique; then it says what was taken for what.
func (a *App) nameImages() {
	seen := map[string]bool{}
	for _, img := range a.Images {
		if img.Name == "" {
			img.Name = a.Name
		}
		if seen[img.Name] {
			rel, err := filepath.Rel(a.Root, img.ConfD)
			if err != nil {
				rel = img.ConfD
			}
			img.Name = filepath.ToSlash(rel)
		}
		seen[img.Name] = true
		a.notef("%s: pairs of image %q, %s", img.ConfD, img.Name, img.audience())
		if img.Templates == "" {
			a.notef("%s has no templates folder beside it", img.ConfD)
		}
	}
	slices.SortFunc(a.Images, func(x, y *Image) int { return strings.Compare(x.Name, y.Name) })
}

func (i *Image) audience() string {
	switch {
	case len(i.Roles) == 0:
		return "for all roles"
	case len(i.Roles) == 1:
		return fmt.Sprintf("for role %q", i.Roles[0])
	default:
		return "for roles " + strings.Join(i.Roles, ", ")
	}
}

// rolesFor are the roles that a set of pairs is evidently made for: the one
// that its folder is named after, and those that share that one's image.
func (a *App) rolesFor(name string) []string {
	nodes := a.nodes()
	if len(nodes) < 2 {
		return nil
	}
	var match *jsondoc.Value
	for _, n := range nodes {
		if calledLike(name, n.Get("role").Str()) {
			match = n
		}
	}
	if match == nil {
		return nil
	}
	image := match.Get("container", "image")
	var roles []string
	for _, n := range nodes {
		other := n.Get("container", "image")
		if n == match || image != nil && other != nil && other.Text == image.Text {
			roles = append(roles, n.Get("role").Str())
		}
	}
	if len(roles) == len(nodes) {
		return nil
	}
	return roles
}

// normalName is a name without case, separators and the words that only some
// write: tomcat_nodes, tomcat-node and Tomcat are the same.
func normalName(name string) string {
	plain := strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(strings.ToLower(name))
	short := strings.TrimSuffix(strings.TrimSuffix(plain, "s"), "node")
	if short == "" {
		return strings.TrimSuffix(plain, "s")
	}
	return short
}

// nodes are the entries of `nodes` in cluster.json.mustache.
func (a *App) nodes() []*jsondoc.Value {
	if a.cluster == nil {
		return nil
	}
	list := a.cluster.doc.Get("nodes")
	if list == nil {
		return nil
	}
	if list.Kind == jsondoc.Object {
		return []*jsondoc.Value{list}
	}
	return list.Items
}
