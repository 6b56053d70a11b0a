package owner

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
)

// called are the roles that a folder on d's way, or d itself, is called like;
// repository leaves out the folders that it has on the node.
func (a *Attribution) called(d *doc.Doc, repository bool) []*doc.Role {
	dir := path.Dir(d.Rel)
	if repository && d.Pair == nil && strings.HasPrefix(d.Node, "/") {
		dir = strings.TrimSuffix("/"+dir, path.Dir(d.Node))
	}
	if some := a.calledItself(d); some != nil {
		return some
	}
	segments := strings.Split(dir, "/")
	for i := len(segments) - 1; i >= 0; i-- {
		if segments[i] == "node" && i > 0 && segments[i-1] == "bin" {
			continue // a folder of scripts, by a convention of many apps
		}
		if some := a.like(segments[i]); some != nil {
			return some
		}
	}
	base := doc.Stem(path.Base(d.Rel))
	if unit := dropInOf(d.Node); unit != "" {
		base = unit
	}
	return a.like(strings.FieldsFunc(base, func(c rune) bool { return c == '-' || c == '_' || c == '.' })...)
}

// calledItself is the role that a file in an ansible role is called like, where that has no
// ansible role of its own: roles/web/files/etc/logrotate.d/db is the database's.
func (a *Attribution) calledItself(d *doc.Doc) []*doc.Role {
	if ansible.RoleFolder(d.Rel) == "" || d.Build {
		return nil
	}
	some := a.like(doc.Stem(path.Base(d.Rel)))
	if len(some) != 1 || a.hasFolder(some[0]) {
		return nil
	}
	return some
}

// like are the roles that one of the words is called like; nil if that are all
// or none.
func (a *Attribution) like(words ...string) []*doc.Role {
	var out []*doc.Role
	for _, r := range a.Roles {
		for _, w := range words {
			if plainName(w) != "" && plainName(w) == plainName(r.Name) {
				out = append(out, r)
				break
			}
		}
	}
	if len(out) == len(a.Roles) {
		return nil
	}
	return out
}

// byFolder are the roles that have a word of their names in common with a folder
// on d's way, the innermost one that tells: slave/templates is hbase-slave's.
func (a *Attribution) byFolder(d *doc.Doc) []*doc.Role {
	if strings.HasPrefix(d.Node, "/") && d.Pair == nil {
		return nil // its folders are those of the node
	}
	segments := strings.Split(path.Dir(d.Rel), "/")
	for _, s := range slices.Backward(segments) {
		if some := a.hinted([]string{s}); some != nil {
			return some
		}
	}
	return nil
}

// hinted are the roles that have a word of their names in common with one of
// the names, if it is not a word of all roles' names, or of a family: those with all their
// words where there are some, without those that a folder beside it is called like.
func (a *Attribution) hinted(names []string) []*doc.Role {
	words := map[string]bool{}
	for _, n := range names {
		for _, w := range known.Words(n) {
			words[w] = telling(w) && !a.ofFamily(w)
		}
	}
	var some, whole []*doc.Role
	for _, r := range a.Roles {
		own := slices.DeleteFunc(known.Words(r.Name), func(w string) bool { return !telling(w) || a.ofFamily(w) })
		if slices.ContainsFunc(own, func(w string) bool { return words[w] }) {
			some = append(some, r)
			if !slices.ContainsFunc(own, func(w string) bool { return !words[w] }) {
				whole = append(whole, r)
			}
		}
	}
	if len(some) == len(a.Roles) && len(whole) == 0 {
		return nil
	}
	if len(whole) > 0 {
		some = whole
	}
	if len(some) > 1 {
		if rest := slices.DeleteFunc(slices.Clone(some), a.hasFolder); len(rest) > 0 {
			some = rest
		}
	}
	if len(some) == len(a.Roles) {
		return nil
	}
	return some
}

// ofFamily reports whether three roles or more have a word in their names: that is what they
// are parts of.
func (a *Attribution) ofFamily(w string) bool {
	n := 0
	for _, r := range a.Roles {
		if slices.Contains(known.Words(r.Name), w) {
			n++
		}
	}
	return n > 2
}

// telling reports whether a word of a name tells one role from another.
func telling(w string) bool {
	switch w {
	case "node", "nodes", "server", "service", "cluster", "main", "data", "log", "app", "role":
		return false
	}
	return len(w) > 2
}

// hasFolder reports whether a role has a folder of its own among the roles of
// ansible.
func (a *Attribution) hasFolder(r *doc.Role) bool { return a.folders[plainName(r.Name)] }

// plainName is a name without case, separators and the word node.
func plainName(name string) string {
	plain := strings.Map(func(c rune) rune {
		if c == '-' || c == '_' || c == '.' {
			return -1
		}
		return unicode.ToLower(c)
	}, name)
	short := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(plain, "s"), "node"), "node"), "s")
	if short == "" {
		return plain
	}
	return short
}

// everywhere reports whether a folder is one of any system or any repository.
func everywhere(segment string) bool {
	switch segment {
	case "opt", "usr", "local", "bin", "sbin", "lib", "etc", "var", "data", "app", "conf", "config", "scripts", "script", "files", "rootfs", "init.d", "tmp", "home", "root", "srv", "share", "image", "roles":
		return true
	}
	return false
}
