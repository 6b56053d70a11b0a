package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// plays are the roles of the app whose image gets an ansible role, by playbooks
// whose hosts, or whose own name, are called like roles of the app. What some
// play gives to hosts that are not known is left out.
func (a *attribution) plays() map[string][]*role {
	p := playing{gets: map[string][]*role{}, open: map[string]bool{}, copies: map[string][]*role{}, named: map[string]bool{}, hosts: map[*role]bool{}}
	for _, d := range a.j.docs {
		if d.pair == nil && d.format == reader.YAML && strings.Contains(d.text, "hosts:") {
			a.play(d, p)
		}
	}
	a.copies = p.copies
	if len(p.named) > 0 {
		needs := a.needs()
		p.hand(needs)
		a.left = a.leftOut(p.named, needs)
	}
	a.sameImage(p)
	for name := range p.open {
		delete(p.gets, name)
	}
	return p.gets
}

// sameImage gives roles that no play is for what those get that run the same image:
// a backup role may start other programs of the database's image.
func (a *attribution) sameImage(p playing) {
	for _, r := range a.j.roles {
		if r.Container.Image == "" || p.hosts[r] {
			continue
		}
		for _, got := range []map[string][]*role{p.gets, p.copies} {
			for name, some := range got {
				if slices.ContainsFunc(some, func(o *role) bool { return o.Container.Image == r.Container.Image }) {
					got[name] = append(some, r)
				}
			}
		}
	}
}

// playing is which ansible roles which roles of the app get, and those that also
// somebody gets who is not known.
type playing struct {
	gets   map[string][]*role
	open   map[string]bool
	copies map[string][]*role
	named  map[string]bool // all that some play names
	hosts  map[*role]bool  // roles of the app that some play is for
}

// get notes that some roles of the app get an ansible role; nil: it is not known who.
func (p playing) get(name string, some []*role) {
	p.named[name] = true
	if some == nil {
		p.open[name] = true
	}
	p.gets[name] = append(p.gets[name], some...)
}

// leftOut are the ansible roles that no play names, nor one that a play names, while
// all names are plain: nobody gets them. nil where that is not sure.
func (a *attribution) leftOut(named map[string]bool, needs map[string][]string) map[string]bool {
	queue := sortedKeys(named)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if strings.ContainsAny(name, "{$") {
			return nil
		}
		for _, other := range needs[name] {
			if !named[other] {
				named[other] = true
				queue = append(queue, other)
			}
		}
	}
	left := map[string]bool{}
	for _, d := range a.j.docs {
		if name := roleFolder(d.rel); name != "" && !named[name] {
			left[name] = true
		}
	}
	for _, d := range a.j.docs {
		for name := range left {
			if roleFolder(d.rel) != name && d.format != reader.Nothing && strings.Contains(d.text, "roles/"+name) {
				delete(left, name)
			}
		}
	}
	return left
}

func (a *attribution) play(d *doc, p playing) {
	for _, play := range reader.ParseYAML(d.text).Children {
		hosts := play.Get("hosts")
		if hosts == nil {
			continue
		}
		some := a.like(hostNames(hosts)...)
		if some == nil && !slices.ContainsFunc(hostNames(hosts), isGroup) {
			some = a.like(stem(path.Base(d.rel)))
		}
		for _, r := range some {
			p.hosts[r] = true
		}
		for _, n := range play.Get("roles").Items() {
			p.get(roleName(n), some)
		}
		for _, list := range []string{"pre_tasks", "tasks", "post_tasks"} {
			for _, task := range play.Get(list).Items() {
				p.copy(path.Dir(d.rel), task, some)
				for _, name := range broughtBy(task) {
					p.get(name, some)
				}
			}
		}
	}
}

// isGroup reports whether a name of hosts is that of some machines, not of all or of any.
func isGroup(name string) bool {
	return name != "all" && name != "*" && name != "localhost" && name != "127.0.0.1" && name != "default" && name != "target" && !strings.ContainsAny(name, "{}$")
}

// hostNames are the groups of machines that a play is for.
func hostNames(hosts *reader.Node) []string {
	names := strings.FieldsFunc(hosts.Value, func(c rune) bool { return strings.ContainsRune(",: ", c) })
	for _, n := range hosts.Children {
		names = append(names, n.Value)
	}
	return names
}

// copy notes what a task of a playbook in dir copies to the image of some roles.
func (p playing) copy(dir string, task *reader.Node, some []*role) {
	for _, m := range task.Children {
		switch module(m.Key) {
		case "copy", "synchronize", "template", "unarchive":
			src := arguments(m)["src"]
			if src != "" && !strings.ContainsAny(src, "{/") || strings.Contains(src, "/") && !strings.HasPrefix(src, "/") && !strings.Contains(src, "{") {
				p.copies[path.Join(dir, src)] = append(p.copies[path.Join(dir, src)], some...)
			}
		}
	}
}

// copied are the roles to whose images playbooks copy d, or the folder it is in.
func (a *attribution) copied(d *doc) []*role {
	for at := d.rel; at != "." && at != "/" && len(a.copies) > 0; at = path.Dir(at) {
		if some := a.copies[at]; some != nil {
			return a.inOrder(some)
		}
	}
	return nil
}

// roleName is the ansible role that an item of a list names.
func roleName(n *reader.Node) string {
	return path.Base(first(map[string]string{"a": n.Value, "b": n.Get("role").Text(), "c": n.Get("name").Text()}, "a", "b", "c"))
}

// hand passes what an ansible role gets on to those that it needs, as far as that
// leads.
func (p playing) hand(needs map[string][]string) {
	for range 8 {
		changed := false
		for name, list := range needs {
			for _, other := range list {
				for _, r := range p.gets[name] {
					if !slices.Contains(p.gets[other], r) {
						p.gets[other] = append(p.gets[other], r)
						changed = true
					}
				}
				if p.open[name] && !p.open[other] {
					p.open[other] = true
					changed = true
				}
			}
		}
		if !changed {
			return
		}
	}
}

// needs are the ansible roles that each one brings with it: the dependencies of
// its meta/main.yml, include_role and import_role of its tasks.
func (a *attribution) needs() map[string][]string {
	out := map[string][]string{}
	for _, d := range a.j.docs {
		name := roleFolder(d.rel)
		if name == "" || d.format != reader.YAML || d.pair != nil {
			continue
		}
		if path.Base(path.Dir(d.rel)) == "meta" {
			for _, n := range reader.ParseYAML(d.text).Get("dependencies").Items() {
				out[name] = append(out[name], roleName(n))
			}
			continue
		}
		if !strings.Contains(d.text, "_role") {
			continue
		}
		for _, task := range reader.ParseYAML(d.text).Children {
			out[name] = append(out[name], broughtBy(task)...)
		}
	}
	return out
}

// broughtBy are the ansible roles that a task brings with it, itself or in a block.
func broughtBy(task *reader.Node) []string {
	var out []string
	for _, m := range task.Children {
		switch key := module(m.Key); key {
		case "include_role", "import_role":
			out = append(out, path.Base(arguments(m)["name"]))
		case "block", "rescue", "always":
			for _, inner := range m.Children {
				out = append(out, broughtBy(inner)...)
			}
		}
	}
	return out
}
