package owner

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// maxReached bounds how many documents are followed.
const maxReached = 1500

// reachedBy finds what a role's commands reach: what they name, what that names, and
// so on.
func (a *Attribution) reachedBy(r *doc.Role) map[*doc.Doc]bool {
	seen := map[*doc.Doc]bool{}
	var queue []*doc.Doc
	for _, d := range a.Docs {
		delete(d.Lent, r)
		if d.Command && d.Role == r {
			queue = append(queue, d)
		}
	}
	for len(queue) > 0 && len(seen) < maxReached {
		d := queue[0]
		queue = queue[1:]
		reached := slices.Clip(a.namedFor(d, r))
		if len(a.Roles) > 1 {
			for _, name := range a.startedIn(d, r) {
				reached = append(reached, a.servedFor(name, r)...)
			}
			reached = append(reached, a.loaded[r]...)
			delete(a.loaded, r)
		}
		var lent []*doc.Doc
		if d.Format == reader.Python && len(a.Roles) > 1 {
			own := d.For(r, a.Roles)
			reached = append(reached, a.loadedBy(own)...)
			lent = a.lend(own, r, seen)
		}
		for _, next := range reached {
			if _, inPart := next.Lent[r]; (!seen[next] || inPart) && (next.Role == nil || next.Role == r) && !a.onlyNamed(next, r) && !a.twinOf(next, r) {
				delete(next.Lent, r) // it is a program itself
				lent = append(lent, next)
			}
		}
		for _, next := range lent {
			seen[next] = true
			queue = append(queue, next)
		}
	}
	return seen
}

// reachAgain leaves out what roles reach only by units that others start: who does is known
// when all roles' commands have been followed.
func (a *Attribution) reachAgain() {
	for _, r := range a.Roles {
		for d := range a.reach[r] {
			if a.onlyNamed(d, r) {
				a.reach[r] = a.reachedBy(r)
				break
			}
		}
	}
}

// onlyNamed reports whether a role names a unit that others start, and is known to start
// something else itself: its script may stop the services of all roles, or look after them.
func (a *Attribution) onlyNamed(d *doc.Doc, r *doc.Role) bool {
	if d.Format != reader.Unit || !a.Duties.Busy[r] {
		return false
	}
	some := a.dutyOf(d)
	return len(some) > 0 && !slices.Contains(some, r)
}

// namedFor are the documents that a text names for a role: without what a script
// does for other roles alone.
func (a *Attribution) namedFor(d *doc.Doc, r *doc.Role) []*doc.Doc {
	if d.Format == reader.Unit {
		return a.namesIn(unitCalls(d.Text))
	}
	if own := d.For(r, a.Roles); own != d {
		return a.namesIn(own.Text)
	}
	if d.Format != reader.Shell || len(a.Roles) < 2 {
		return a.named(d)
	}
	text := a.filledFor(a.doneBy(d, r), r)
	if text == d.Text {
		return a.named(d)
	}
	return a.namesIn(text)
}

// doneBy is the text of a script without what it does for other roles alone.
func (a *Attribution) doneBy(d *doc.Doc, r *doc.Role) string {
	return shell.Done(d.Text, a.early(d, r))
}

// aboutRoles matches a variable about roles.
var aboutRoles = lazyregexp.New(`(?i)\$\{?\w*(?:role|node_?type)`)

// named are the documents that a text names.
func (a *Attribution) named(d *doc.Doc) []*doc.Doc {
	list, ok := a.namedBy[d]
	if !ok {
		list = a.namesIn(d.Text)
		a.namedBy[d] = list
	}
	return list
}

func (a *Attribution) namesIn(text string) []*doc.Doc {
	var out []*doc.Doc
	for at, t := range doc.Tokens(text, 20_000) {
		base := path.Base(t)
		whole := at > 0 && text[at-1] == '/' && (at == 1 || strings.IndexByte(" \t\n=\"'", text[at-2]) >= 0)
		if target := a.Aliases[base]; target != "" {
			base, t, whole = path.Base(target), target, false
		}
		for _, name := range []string{base, base + ".service"} {
			docs := a.ByBase[name]
			if whole {
				docs = slices.DeleteFunc(slices.Clone(docs), func(d *doc.Doc) bool {
					return path.Ext(base) == "" && another(d, "/"+t) || a.elsewhere(d, "/"+t)
				})
			}
			out = append(out, nearest(docs, t)...)
		}
	}
	return out
}

// another reports whether a path without an end is not that of a document, though
// it is called like it: the folder /data/jenkins is not /etc/default/jenkins.
func another(d *doc.Doc, p string) bool {
	return d.Pair != nil && !d.Command && strings.HasPrefix(d.Node, "/") && path.Clean(d.Node) != path.Clean(p)
}

// elsewhere reports whether a path is only called like a document that commands name by
// its own path: /start.sh is not /opt/db/start.sh, unless it may be a link to it.
func (a *Attribution) elsewhere(d *doc.Doc, p string) bool {
	if !d.InImage || d.Command || !strings.HasPrefix(d.Node, "/") || validate.CommonEnd(d.Node, p) > 1 {
		return false
	}
	named, ok := a.exact[d]
	if !ok {
		named = slices.ContainsFunc(a.Docs, func(c *doc.Doc) bool { return c.Command && strings.Contains(c.Text, d.Node) })
		a.exact[d] = named
	}
	return named
}

// nearest are the documents whose path has most of the end of p; of several those in a folder
// that has the word of p's: /opt/proxy/start.sh is image-proxy/start.sh.
func nearest(docs []*doc.Doc, p string) []*doc.Doc {
	if len(docs) < 2 {
		return docs
	}
	best := 0
	var out []*doc.Doc
	for _, d := range docs {
		n := validate.CommonEnd("/"+d.Node, "/"+p)
		if n > best {
			best, out = n, nil
		}
		if n == best {
			out = append(out, d)
		}
	}
	if best > 1 {
		return out
	}
	word := path.Base(path.Dir(p))
	like := slices.DeleteFunc(slices.Clone(out), func(d *doc.Doc) bool {
		return !slices.Contains(known.Words(path.Base(path.Dir(d.Node))), word)
	})
	if len(like) == 0 {
		return out
	}
	return like
}

// by are the roles whose commands reach d.
func (a *Attribution) by(d *doc.Doc) []*doc.Role {
	var out []*doc.Role
	for _, r := range a.Roles {
		for seen := range a.reach[r] {
			if seen == d || d.Pair != nil && seen.Pair == d.Pair {
				out = append(out, r)
				break
			}
		}
	}
	return out
}

// folderReached reports whether all roles reach something of the ansible role
// that d is a part of.
func (a *Attribution) folderReached(d *doc.Doc) bool {
	_, folder := OwnNames(d)
	if len(folder) == 0 {
		return false
	}
	for _, set := range a.reach {
		found := false
		for other := range set {
			if _, f := OwnNames(other); len(f) > 0 && f[0] == folder[0] && strings.Contains(other.Rel, "/"+folder[0]+"/") {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (a *Attribution) reached(d *doc.Doc) bool {
	for _, set := range a.reach {
		if set[d] {
			return true
		}
	}
	return false
}

// beside are the roles that reach what lies in d's folder, or in the nearest one
// above it of which anything is reached; nil if these are all.
func (a *Attribution) beside(d *doc.Doc) []*doc.Role {
	if a.around == nil {
		a.around = map[string][]*doc.Role{}
		for r, set := range a.reach {
			for other := range set {
				for dir := path.Dir(other.Rel); dir != "." && dir != "/"; dir = path.Dir(dir) {
					if !slices.Contains(a.around[dir], r) {
						a.around[dir] = append(a.around[dir], r)
					}
				}
			}
		}
	}
	for dir := path.Dir(d.Rel); strings.Contains(dir, "/") && dir != "/"; dir = path.Dir(dir) {
		if some := a.around[dir]; len(some) == len(a.Roles) {
			return nil
		} else if some != nil {
			return a.inOrder(some)
		}
	}
	return nil
}

// Services are the services whose commands reach scripts, by these; what units run is reached
// by the start.
func (a *Attribution) Services() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	note := func(d *doc.Doc, service string) {
		if out[d.File] == nil {
			out[d.File] = map[string]bool{}
		}
		out[d.File][service] = true
	}
	for _, c := range a.Docs {
		service := c.Service
		if c.Command && c.Pair != nil {
			service = "start" // confd runs it at each boot
		}
		switch {
		case service != "":
			seen := map[*doc.Doc]bool{c: true}
			for queue := []*doc.Doc{c}; len(queue) > 0 && len(seen) < maxReached; queue = queue[1:] {
				for _, next := range a.named(queue[0]) {
					if !seen[next] {
						seen[next] = true
						queue = append(queue, next)
						note(next, service)
					}
				}
			}
		case c.Format == reader.Unit && !c.Build:
			for _, next := range a.named(c) {
				note(next, "start")
			}
		}
	}
	return out
}
