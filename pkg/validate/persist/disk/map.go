package disk

import (
	"path"
	"slices"
	"strings"
)

// Place is where a path lies.
type Place int

// The places.
const (
	System  Place = iota // the system disk, thrown away at the next stop
	Volume               // a volume of the role
	Passing              // where nothing is expected to last
	Unclear              // behind a link or mount whose target is not known
)

// Map knows the links and bind mounts that a project makes on its nodes. They
// count wherever they are made, unless only some nodes run what makes them.
type Map struct {
	links      map[string][]string // from → where it leads; "" where that is not known
	containers []container
	base       *Map // links that are there as well; nil: none
}

// container is a folder of a node that a container sees under another name.
type container struct{ inside, host string }

// External is the target of a mount that is neither a folder of the node nor its
// system disk: another machine's folder, another disk.
const External = "(external)"

// maxLinks bounds what is kept, and how far links are followed.
const (
	maxLinks = 2000
	maxHops  = 8
)

// NewMap is a map without links.
func NewMap() *Map { return &Map{links: map[string][]string{}} }

// Of is a map of nodes that have m's links, and others of their own.
func (m *Map) Of() *Map { return &Map{links: map[string][]string{}, base: m} }

// Parents are the folders with a link in them that are such.
func (m *Map) Parents(such func(dir string) bool) []string {
	var out []string
	for at := range m.links {
		if dir := parent(at); such(dir) && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	if m.base != nil {
		out = append(out, m.base.Parents(such)...)
	}
	slices.Sort(out)
	return out
}

// PartOn reports whether a link below p leads to a volume.
func (m *Map) PartOn(p string, mounts []string) bool {
	for at := range m.links {
		if at != Clean(p) && Under(at, Clean(p)) && m.where(at, mounts, maxHops) == Volume {
			return true
		}
	}
	return m.base != nil && m.base.PartOn(p, mounts)
}

// at are the targets of a link, and whether there is one.
func (m *Map) at(p string) ([]string, bool) {
	targets, ok := m.links[p]
	if m.base == nil {
		return targets, ok
	}
	more, also := m.base.at(p)
	return slices.Concat(more, targets), ok || also
}

// Link notes that path is a link to target, or that target is mounted there.
func (m *Map) Link(path, target string) {
	p, whole := named(path)
	if !whole || p == "/" || p == "" || len(m.links) > maxLinks {
		return
	}
	t, whole := named(target)
	if !whole && t == "" && target != "" && target[0] != '/' && target[0] != '$' { // server-$VERSION lies beside its link
		t = unknownPart.Replace(target)
	}
	if t != "" && !strings.HasPrefix(t, "/") && len(t) > 1 && t[1] != ':' && t != External {
		t = Clean(parent(p) + "/" + t)
	}
	if t != p && !slices.Contains(m.links[p], t) {
		m.links[p] = append(m.links[p], t)
	}
}

// named is Known of a path whose variables are part of a name below a known folder: there
// they are as good as any name, /opt/server-$VERSION/logs.
func named(p string) (prefix string, whole bool) {
	prefix, whole = Known(p)
	if whole || !strings.HasPrefix(p, "/") || prefix == "/" {
		return prefix, whole
	}
	return Clean(unknownPart.Replace(p)), true
}

// unknownPart stands for the variables of a path whose folder is known.
var unknownPart = strings.NewReplacer("$", "_", "{", "_", "}", "_", "%", "_", "*", "_", "?", "_", "`", "_")

// Symlink notes what `ln -s target at` makes: a link called at, or, where at is
// a folder, one in it with its target's name.
func (m *Map) Symlink(at, target string) {
	base := path.Base(target)
	if !folder(Clean(at)) || path.Base(at) == base {
		m.Link(at, target)
	}
	m.Link(strings.TrimSuffix(at, "/")+"/"+base, target)
}

// folder reports whether p is there on every machine.
func folder(p string) bool {
	switch p {
	case "/", "/var", "/var/lib", "/var/log", "/var/spool", "/opt", "/usr", "/usr/bin", "/usr/local", "/usr/local/bin",
		"/usr/lib", "/usr/share", "/etc", "/home", "/root", "/srv", "/mnt", "/etc/systemd/system", "/lib/systemd/system":
		return true
	}
	return false
}

// Container notes that a container sees host as inside.
func (m *Map) Container(inside, host string) {
	p, _ := Known(inside)
	if p != "" && p != "/" && len(m.containers) < maxLinks {
		h, _ := Known(host)
		m.containers = append(m.containers, container{p, h})
	}
}

// seen are the folders that containers see, one after the other.
func (m *Map) seen(yield func(container) bool) {
	for ; m != nil; m = m.base {
		for _, c := range m.containers {
			if !yield(c) {
				return
			}
		}
	}
}

// Inside reports whether a path is one that containers see, under another name
// than their node does.
func (m *Map) Inside(p string) bool {
	p, _ = Known(p)
	for c := range m.seen {
		if c.inside != c.host && Under(p, c.inside) && !Under(p, c.host) {
			return true
		}
	}
	return false
}

// Covered reports whether a container has something mounted at a path, or above it,
// whatever that is.
func (m *Map) Covered(p string) bool {
	p, _ = Known(p)
	for c := range m.seen {
		if Under(p, c.inside) {
			return true
		}
	}
	return false
}

// Outside is what a path that containers see is on their node, by the bind that lies
// deepest: one folder for each container that has it. known is false where one of them
// is no folder of the node.
func (m *Map) Outside(p string) (hosts []string, known bool) {
	prefix, _ := Known(p)
	deepest := ""
	for c := range m.seen {
		if Under(prefix, c.inside) && len(c.inside) >= len(deepest) {
			if len(c.inside) > len(deepest) {
				hosts = nil
			}
			deepest = c.inside
			hosts = append(hosts, c.host)
		}
	}
	for i, host := range hosts {
		if host == "" || host == "/" {
			return nil, false
		}
		hosts[i] = host + strings.TrimPrefix(p, deepest)
	}
	return hosts, len(hosts) > 0
}

// Where says where a path lies on a node with volumes at mounts. A path that is
// known in part is judged by that part.
func (m *Map) Where(p string, mounts []string) Place {
	prefix, whole := Known(p)
	if prefix == "" || prefix == "/" && !whole {
		return Unclear
	}
	return m.where(prefix, mounts, maxHops)
}

func (m *Map) where(p string, mounts []string, hops int) Place {
	if Under(p, External) {
		return Volume
	}
	if onVolume(p, mounts) && m.leads(p) == nil {
		return Volume
	}
	if hops == 0 {
		return Unclear
	}
	from, targets := m.deepest(p)
	if targets == nil {
		return plain(p, mounts)
	}
	best := System
	for _, t := range targets {
		if t == "" {
			return Unclear
		}
		if w := m.where(t+strings.TrimPrefix(p, from), mounts, hops-1); w != System {
			best = w
		}
	}
	return best
}

func plain(p string, mounts []string) Place {
	switch {
	case onVolume(p, mounts):
		return Volume
	case passing(p):
		return Passing
	}
	return System
}

// leads are the targets of links on the way to p.
func (m *Map) leads(p string) []string {
	_, targets := m.deepest(p)
	return targets
}

// deepest is the link that lies deepest on the way to p.
func (m *Map) deepest(p string) (from string, targets []string) {
	for dir := p; len(dir) > 1; dir = parent(dir) {
		if t, ok := m.at(dir); ok {
			return dir, t
		}
	}
	return "", nil
}

func parent(p string) string {
	i := strings.LastIndexByte(p, '/')
	if i < 0 {
		return ""
	}
	return p[:i]
}

func onVolume(p string, mounts []string) bool {
	for _, mount := range mounts {
		mount = Clean(mount)
		if len(mount) == 2 && mount[1] == ':' && strings.HasPrefix(p, mount) || mount != "" && Under(p, mount) {
			return true
		}
	}
	return false
}
