package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// isKubernetes reports whether a YAML file is one of Kubernetes'.
func isKubernetes(text string) bool {
	return strings.Contains(text, "apiVersion:") && strings.Contains(text, "kind:")
}

// readKubernetes judges the folders of the node that pods see, and those of volumes
// that are a folder of a node. All other paths in the file are those of containers.
func (j *project) readKubernetes(d *doc.Doc, r *doc.Role) {
	file := reader.ParseYAML(d.Text)
	mounts := mountsOf(file)
	var walk func(n *reader.Node, depth int)
	walk = func(n *reader.Node, depth int) {
		for _, c := range n.Children {
			switch {
			case c.Key == "hostPath" && c.Value != "": // of kubeadm
				j.pod(d, r, c, n.Get("mountPath").Text(), n.Get("readOnly").Text())
			case c.Key == "hostPath", c.Key == "local":
				if at := c.Get("path"); at != nil {
					m := mounts[n.Get("name").Text()]
					j.pod(d, r, at, m.inside, m.readOnly)
				}
			}
			if depth < 20 {
				walk(c, depth+1)
			}
		}
	}
	walk(file, 0)
	for _, m := range provisioned.FindAllStringSubmatchIndex(d.Text, 100) {
		j.provided(d, r, m)
	}
}

// podMount is where pods see a volume of theirs.
type podMount struct {
	inside   string // "" where it is not the same for all
	readOnly string // true where none of them may write
}

// mountsOf are the mounts of a file's pods, by the names of their volumes.
func mountsOf(file *reader.Node) map[string]podMount {
	mounts := map[string]podMount{}
	note := func(m *reader.Node) {
		name, one := m.Get("name").Text(), podMount{m.Get("mountPath").Text(), m.Get("readOnly").Text()}
		if had, ok := mounts[name]; ok {
			if had.inside != one.inside {
				one.inside = ""
			}
			if had.readOnly != "true" {
				one.readOnly = had.readOnly
			}
		}
		mounts[name] = one
	}
	var walk func(n *reader.Node, depth int)
	walk = func(n *reader.Node, depth int) {
		for _, c := range n.Children {
			if c.Key == "volumeMounts" {
				for _, m := range c.Items() {
					note(m)
				}
			} else if depth < 20 {
				walk(c, depth+1)
			}
		}
	}
	walk(file, 0)
	return mounts
}

// provisioned matches the folders in which provisioners make volumes on the node: lists
// of paths of local-path, BasePath of OpenEBS.
var provisioned = lazyregexp.New(`"paths"\s*:\s*\[\s*"(/[^"\n]+)"|name:\s*BasePath\s+value:\s*"?(/[^"\s]+)`)

// provided judges a folder in which a provisioner makes the volumes of pods.
func (j *project) provided(d *doc.Doc, r *doc.Role, m []int) {
	from, to := m[2], m[3]
	if from < 0 {
		from, to = m[4], m[5]
	}
	if host := d.Text[from:to]; (strings.Contains(d.Text, "nodePathMap") || m[2] < 0) && j.works(r) {
		j.put(site{doc: d, role: r, path: host, kind: known.Data, sure: validate.Likely, why: "volumes of pods are made there", offset: from})
	}
}

// pod is one folder of the node that a pod sees.
func (j *project) pod(d *doc.Doc, r *doc.Role, at *reader.Node, inside, readOnly string) {
	host := expand(at.Value, r)
	if inside != "" {
		j.seenBy(d, r).Container(inside, host)
	}
	if readOnly == "true" || nodesOwn(host) {
		return
	}
	kind, sure := j.bound(host, inside)
	if kind == known.Unknown && j.table.Path(host) != known.None && j.plausible(host) {
		kind, sure = known.Data, validate.Likely
	}
	if kind != known.Unknown {
		j.put(site{doc: d, role: r, path: host, kind: kind, sure: sure, why: "a pod keeps its data there", offset: at.Offset})
	}
}

// nodesOwn reports whether a folder is one that pods look at to see the node: its
// logs, its devices, what runs on it.
func nodesOwn(host string) bool {
	p := disk.Clean(host)
	for _, dir := range []string{"/", "/var/log", "/var/log/pods", "/var/log/containers", "/var/log/journal", "/var/lib/docker", "/var/lib/docker/containers", "/var/lib/kubelet", "/var/lib/containerd", "/var/lib/calico", "/var/lib/cni", "/var/lib"} {
		if p == dir {
			return true
		}
	}
	return disk.Under(p, "/var/lib/kubelet") || disk.Under(p, "/usr") || disk.Under(p, "/opt/cni")
}

// works reports whether a role's nodes are those that pods run on: those that are called
// so, where some are.
func (j *project) works(r *doc.Role) bool {
	called := func(r *doc.Role) bool {
		return slices.ContainsFunc(known.Words(r.Name), func(w string) bool {
			switch w {
			case "node", "nodes", "worker", "workers", "agent", "agents", "compute", "minion":
				return true
			}
			return false
		})
	}
	return called(r.Itself()) || !slices.ContainsFunc(j.roles, called)
}
