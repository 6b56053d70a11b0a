package owner

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// plays are the roles of the app whose image gets an ansible role, by playbooks
// whose hosts, or whose own name, are called like roles of the app. What some
// play gives to hosts that are not known is left out.
func (a *Attribution) plays() map[string][]*doc.Role {
	p := playing{gets: map[string][]*doc.Role{}, open: map[string]bool{}, copies: map[string][]*doc.Role{}, named: map[string]bool{}, hosts: map[*doc.Role]bool{}}
	for _, d := range a.Docs {
		if d.Pair == nil && d.Format == reader.YAML && strings.Contains(d.Text, "hosts:") {
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

// withheld reports whether playbooks bring a document to other roles' images alone.
func (a *Attribution) withheld(d *doc.Doc, r *doc.Role) bool {
	some := a.played[ansible.RoleFolder(d.Rel)]
	return len(some) > 0 && !slices.Contains(some, r)
}

// sameImage gives roles that no play is for what those get that run the same image:
// a backup role may start other programs of the database's image.
func (a *Attribution) sameImage(p playing) {
	for _, r := range a.Roles {
		if r.Container.Image == "" || p.hosts[r] {
			continue
		}
		for _, got := range []map[string][]*doc.Role{p.gets, p.copies} {
			for name, some := range got {
				if slices.ContainsFunc(some, func(o *doc.Role) bool { return o.Container.Image == r.Container.Image }) {
					got[name] = append(some, r)
				}
			}
		}
	}
}

// playing is which ansible roles which roles of the app get, and those that also
// somebody gets who is not known.
type playing struct {
	gets   map[string][]*doc.Role
	open   map[string]bool
	copies map[string][]*doc.Role
	named  map[string]bool    // all that some play names
	hosts  map[*doc.Role]bool // roles of the app that some play is for
}

// get notes that some roles of the app get an ansible role; nil: it is not known who.
func (p playing) get(name string, some []*doc.Role) {
	p.named[name] = true
	if some == nil {
		p.open[name] = true
	}
	p.gets[name] = append(p.gets[name], some...)
}

// leftOut are the ansible roles that no play names, nor one that a play names, while
// all names are plain: nobody gets them. nil where that is not sure.
func (a *Attribution) leftOut(named map[string]bool, needs map[string][]string) map[string]bool {
	queue := slices.Sorted(maps.Keys(named))
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
	for _, d := range a.Docs {
		if name := ansible.RoleFolder(d.Rel); name != "" && !named[name] {
			left[name] = true
		}
	}
	for _, d := range a.Docs {
		for name := range left {
			if ansible.RoleFolder(d.Rel) != name && d.Format != reader.Nothing && strings.Contains(d.Text, "roles/"+name) {
				delete(left, name)
			}
		}
	}
	return left
}

func (a *Attribution) play(d *doc.Doc, p playing) {
	for _, play := range reader.ParseYAML(d.Text).Children {
		hosts := play.Get("hosts")
		if hosts == nil {
			continue
		}
		some := a.like(ansible.HostNames(hosts)...)
		if some == nil && !slices.ContainsFunc(ansible.HostNames(hosts), isGroup) {
			some = a.like(doc.Stem(path.Base(d.Rel)))
		}
		for _, r := range some {
			p.hosts[r] = true
		}
		for _, n := range play.Get("roles").Items() {
			p.get(ansible.RoleName(n), some)
		}
		for _, list := range []string{"pre_tasks", "tasks", "post_tasks"} {
			for _, task := range play.Get(list).Items() {
				p.copy(path.Dir(d.Rel), task, some)
				for _, name := range ansible.BroughtBy(task) {
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

// copy notes what a task of a playbook in dir copies to the image of some roles.
func (p playing) copy(dir string, task *reader.Node, some []*doc.Role) {
	for _, m := range task.Children {
		switch ansible.Module(m.Key) {
		case "copy", "synchronize", "template", "unarchive":
			src := ansible.Arguments(m)["src"]
			if src != "" && !strings.ContainsAny(src, "{/") || strings.Contains(src, "/") && !strings.HasPrefix(src, "/") && !strings.Contains(src, "{") {
				p.copies[path.Join(dir, src)] = append(p.copies[path.Join(dir, src)], some...)
			}
		}
	}
}

// copied are the roles to whose images playbooks copy d, or the folder it is in.
func (a *Attribution) copied(d *doc.Doc) []*doc.Role {
	for at := d.Rel; at != "." && at != "/" && len(a.copies) > 0; at = path.Dir(at) {
		if some := a.copies[at]; some != nil {
			return a.inOrder(some)
		}
	}
	return nil
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
func (a *Attribution) needs() map[string][]string {
	out := map[string][]string{}
	for _, d := range a.Docs {
		name := ansible.RoleFolder(d.Rel)
		if name == "" || d.Format != reader.YAML || d.Pair != nil {
			continue
		}
		if path.Base(path.Dir(d.Rel)) == "meta" {
			for _, n := range reader.ParseYAML(d.Text).Get("dependencies").Items() {
				out[name] = append(out[name], ansible.RoleName(n))
			}
			continue
		}
		if !strings.Contains(d.Text, "_role") {
			continue
		}
		for _, task := range reader.ParseYAML(d.Text).Children {
			out[name] = append(out[name], ansible.BroughtBy(task)...)
		}
	}
	return out
}
