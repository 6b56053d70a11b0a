package owner

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// home are the roles of a pair whose conf.d lies in a folder that is called like
// them, as others' do: cluster/jobmanager/code/conf.d is the job manager's alone,
// whatever other roles' commands may seem to name in it. nil where it does not tell.
func (a *Attribution) home(d *doc.Doc) []*doc.Role {
	if d.Pair == nil || d.Command {
		return nil
	}
	if a.homes == nil {
		a.findHomes()
	}
	return a.homes[pairFolder(d)]
}

// homeOfImage is home of what a server is told, where the app does not say in so many words
// whose image has it: all nodes have what lies on a shared image, but fe/fe.conf is read
// where fe runs. Who else starts that server is asked for later.
func (a *Attribution) homeOfImage(d *doc.Doc) []*doc.Role {
	if a.Package.App.Manifest != nil || !tellsServer(d) {
		return nil
	}
	img := a.imageOf(d)
	for _, other := range a.Docs {
		if other.Pair != nil && !other.Command && other.Pair.Image == img {
			return a.home(other)
		}
	}
	return nil
}

// notAtHome leaves out of a pair's owners the roles that have a folder with pairs of their
// own beside that of the pair, which is called like nobody, and that have other images than
// the rest: confd/kube is not etcd's where confd/etcd is.
func (a *Attribution) notAtHome(d *doc.Doc, o *doc.Owners) *doc.Owners {
	dir := pairFolder(d)
	if d.Pair == nil || d.Command || a.trees[dir] != nil || forAll(path.Base(dir)) {
		return o
	}
	var rest []*doc.Role
	for _, r := range o.Roles {
		if !a.atHomeIn(path.Dir(dir), r) {
			rest = append(rest, r)
		}
	}
	rest = doc.WithImageOf(o.Roles, rest)
	if len(rest) == 0 || len(rest) == len(o.Roles) {
		return o
	}
	left := *o
	left.Roles, left.Alone = rest, true
	if left.Open && len(rest) == 1 {
		left.Open, left.Sure = false, validate.Likely
	}
	return &left
}

// ofProductFolder leaves out of a document's owners the roles that have folders of their own in
// the repository beside one that has a product's name, and that is called like no role: beside
// images/kibana and images/logstash, images/elasticsearch is the role es's.
func (a *Attribution) ofProductFolder(d *doc.Doc, o *doc.Owners) *doc.Owners {
	if len(o.Roles) < 2 || d.Command || ansible.RoleFolder(d.Rel) != "" {
		return o
	}
	for dir := repositoryFolder(d); dir != "." && dir != "/"; dir = path.Dir(dir) {
		beside := a.homesIn(path.Dir(dir))
		if len(beside) < 2 || a.like(path.Base(dir)) != nil || !a.Table.IsProduct(strings.ToLower(path.Base(dir))) {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(o.Roles), func(r *doc.Role) bool { return slices.Contains(beside, r) })
		if len(rest) > 0 && len(rest) < len(o.Roles) {
			left := *o
			left.Roles, left.Alone = rest, true
			return &left
		}
	}
	return o
}

// repositoryFolder is the folder of a document without what it has of the node's.
func repositoryFolder(d *doc.Doc) string {
	if d.Pair != nil {
		return pairFolder(d)
	}
	return strings.Trim(strings.TrimSuffix("/"+path.Dir(d.Rel), path.Dir(d.Node)), "/")
}

// homesIn are the roles that folders in a folder of the repository are called like.
func (a *Attribution) homesIn(parent string) []*doc.Role {
	if a.homesBy == nil {
		a.homesBy = map[string][]*doc.Role{}
		seen := map[string]bool{}
		for _, d := range a.Docs {
			for dir := repositoryFolder(d); !d.Command && dir != "." && dir != "/" && dir != "" && !seen[dir]; dir = path.Dir(dir) {
				seen[dir] = true
				a.homesBy[path.Dir(dir)] = append(a.homesBy[path.Dir(dir)], a.like(path.Base(dir))...)
			}
		}
	}
	return a.homesBy[parent]
}

// atHomeIn reports whether one of the folders with pairs in a folder is called like a role.
func (a *Attribution) atHomeIn(parent string, r *doc.Role) bool {
	for dir, some := range a.trees {
		if path.Dir(dir) == parent && slices.Contains(some, r) {
			return true
		}
	}
	return false
}

// atHome reports whether a role has a folder with pairs of its own.
func (a *Attribution) atHome(r *doc.Role) bool {
	for _, some := range a.homes {
		if slices.Contains(some, r) {
			return true
		}
	}
	return false
}

// forAll reports whether a folder is called like what all have.
func forAll(name string) bool {
	switch name {
	case "common", "shared", "base", "all", "default", "global", "etc":
		return true
	}
	return everywhere(name)
}

// pairFolder is the folder with the conf.d and templates of a pair.
func pairFolder(d *doc.Doc) string { return path.Dir(path.Dir(d.Rel)) }

// findHomes decides for all folders at once: two that are called like different
// roles show that folders are called like roles here.
func (a *Attribution) findHomes() {
	a.homes = map[string][]*doc.Role{}
	found := map[string][]*doc.Role{}
	a.trees = found
	for _, d := range a.Docs {
		if dir := pairFolder(d); d.Pair != nil && !d.Command && found[dir] == nil {
			if some := a.calledAbove(dir); some != nil {
				found[dir] = some
			}
		}
	}
	apart := false
	for _, one := range found {
		for _, other := range found {
			apart = apart || len(doc.Common(one, other)) == 0
		}
	}
	if apart {
		a.homes = found
	}
}

// calledAbove are the roles that dir, or the nearest folder above that tells, is called like, or
// whose image is.
func (a *Attribution) calledAbove(dir string) []*doc.Role {
	for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
		if some := a.withImage(path.Base(dir)); some != nil {
			return some
		}
		if some := a.hinted([]string{path.Base(dir)}); some != nil {
			return some
		}
	}
	return nil
}

// imageFolder are the roles that the folder with a document's Dockerfile is called like, or
// of whose image it has the name, where there are several such folders: whatever else seems
// to name the document. Scripts may be run in an image that is built upon this one, unless
// the others have one of the same name in folders of their own.
func (a *Attribution) imageFolder(d *doc.Doc) []*doc.Role {
	some := a.ofDockerDir(d)
	if some == nil || d.Format != reader.Shell && d.Format != reader.Python {
		return some
	}
	for _, r := range a.Roles {
		own := func(twin *doc.Doc) bool { return twin != d && slices.Contains(a.ofDockerDir(twin), r) }
		if !slices.Contains(some, r) && !slices.ContainsFunc(a.ByBase[path.Base(d.Node)], own) {
			return nil
		}
	}
	return some
}

// ofDockerDir are the roles of the nearest folder above a document that has a Dockerfile and is
// called like roles, or their image, as others are.
func (a *Attribution) ofDockerDir(d *doc.Doc) []*doc.Role {
	if a.dockerDirs == nil {
		a.dockerDirs = map[string]bool{}
		for _, other := range a.Docs {
			if dir := path.Dir(other.Rel); other.Format == reader.Dockerfile && a.withImage(path.Base(dir)) != nil {
				a.dockerDirs[dir] = true
			}
		}
	}
	for dir := path.Dir(d.Rel); dir != "." && dir != "/" && len(a.dockerDirs) > 1; dir = path.Dir(dir) {
		if a.dockerDirs[dir] {
			return a.withImage(path.Base(dir))
		}
	}
	return nil
}

// withImage are the roles whose image has a name (registry.io/team/name:tag), else those
// that are called so; nil if that are all or none.
func (a *Attribution) withImage(name string) []*doc.Role {
	var out []*doc.Role
	for _, r := range a.Roles {
		if image, _, _ := strings.Cut(path.Base(r.Container.Image), ":"); r.Container.Type == "docker" && image == name {
			out = append(out, r)
		}
	}
	if len(out) == 0 || len(out) == len(a.Roles) {
		return a.like(name)
	}
	return out
}
