package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
)

// engines are what is seen of roles' docker.
type engines struct {
	volumes   []volume             // that containers keep something in
	elsewhere map[string]bool      // those that lie elsewhere than in docker's folder, by file and name
	boxed     map[*doc.Role]bool   // roles whose containers are seen
	roots     map[*doc.Role]string // docker's own folder, where something says it
	swarm     map[*doc.Role]bool   // roles that are, or become, part of a swarm
}

// volume is a volume of docker's that a role's containers keep something in: one without
// a name is anonymous.
type volume struct {
	site
	name string
	seen string // where the container has it
}

// ofDocker notes a volume of docker's, by its name: it lies below docker's root.
func (j *project) ofDocker(d *doc.Doc, r *doc.Role, name, inside string, offset int) {
	kind := j.table.Inside(inside)
	if kind == known.Unknown && name != "" && j.table.Path("/"+name) != known.None && !ofProgram(name) && !ofProgram(path.Base(inside)) {
		kind = known.Data // it was given a name so that it stays
	}
	if kind == known.None || r.Disk.Where(inside, nil) == disk.Passing || len(j.volumes) > 1000 {
		return
	}
	v := volume{name: name, seen: inside, site: site{
		doc: d, role: r, path: strings.TrimSuffix("/var/lib/docker/volumes/"+name, "/"), kind: kind, sure: validate.Likely, offset: offset,
	}}
	v.why = v.said() + ", where a container keeps " + inside + ", lies in docker's own folder"
	j.volumes = append(j.volumes, v)
}

// ofProgram reports whether a folder that containers share is, by its name, a part of a
// program: what one brings and another serves.
func ofProgram(name string) bool {
	return slices.ContainsFunc(known.Words(name), func(w string) bool {
		return slices.Contains([]string{"app", "code", "src", "source", "public", "assets", "build", "dist", "vendor", "site", "web", "frontend", "bundle", "static", "plugins", "themes", "socket", "sock", "agent"}, w)
	})
}

// said is what a volume is called in a message.
func (v *volume) said() string {
	switch {
	case v.inside:
		return "what a container keeps in " + v.path
	case v.name == "":
		return "an anonymous volume of docker's"
	}
	return "the volume " + v.name + " of docker's"
}

// dockerRoot judges the volumes of docker's, unless something puts docker's folder
// elsewhere, or a volume is a folder of the node.
func (j *project) dockerRoot() {
	for _, s := range j.sites {
		if isDockerRoot(s) {
			j.roots[s.role] = s.path
		}
	}
	j.sites = slices.DeleteFunc(j.sites, func(s *site) bool { return isDockerRoot(s) && !j.keepsInDocker(s) })
	for _, v := range j.volumes {
		if v.doc.Given != "" || v.inside && v.role.Disk.Where("/var/lib/docker", v.role.Mounts) != disk.System {
			continue
		}
		if !j.rootTold(v.role.Itself()) && !j.liesElsewhere(&v) {
			j.put(v.site)
		}
	}
}

// rootTold reports whether something tells a role's docker where its folder is.
func (j *project) rootTold(r *doc.Role) bool {
	told := j.told[r]
	return told["data_root"] || told["graph"] || told["_g"]
}

// dockerIsOff reports whether a role's docker has its own folder on the system disk.
func (j *project) dockerIsOff(r *doc.Role) bool {
	root := j.roots[r]
	if root == "" && !j.rootTold(r) {
		root = "/var/lib/docker"
	}
	return root != "" && r.Disk.Where(root, r.Mounts) == disk.System
}

func (j *project) liesElsewhere(v *volume) bool { return j.elsewhere[v.doc.File+"\x00"+v.name] }

func isDockerRoot(s *site) bool { return s.server == "Docker" && s.kind == known.Data }

// keepsInDocker reports whether something lies in docker's own folder that cannot be made
// again, and has the site say what: volumes, the state of a swarm. Where the role's
// containers are seen, and keep nothing there, it holds images alone; where none is seen,
// they may keep anything.
func (j *project) keepsInDocker(root *site) bool {
	var kept []string
	for _, v := range j.volumes {
		if v.role.Itself() == root.role && !j.liesElsewhere(&v) && !slices.Contains(kept, v.said()) {
			kept = append(kept, v.said())
		}
	}
	if j.swarm[root.role] {
		kept = append(kept, "the state of the swarm")
	}
	if len(kept) == 0 {
		return !slices.ContainsFunc(j.roles, func(r *doc.Role) bool {
			return j.boxed[r] && r.Container.Image == root.role.Container.Image
		})
	}
	more := ""
	if len(kept) > maxNamed {
		kept, more = kept[:maxNamed], " and more"
	}
	root.why += ", with " + strings.Join(kept, ", ") + more
	return true
}

// maxNamed bounds how much of what lies in docker's folder a message names.
const maxNamed = 3
