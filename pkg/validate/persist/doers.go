package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/owner"
)

// doers are the roles that start the daemon which a site's setting is about, or the
// server that a file is of which a script writes; nil where nobody is known to, or
// where it is not known what the role starts.
func (j *project) doers(s *site) []*doc.Role {
	if len(j.roles) < 2 || s.doc.Command {
		return nil
	}
	var out []*doc.Role
	for _, name := range j.daemonsOf(s) {
		out = append(out, j.duties.Like(name)...)
	}
	if program := owner.SupervisedAt(s.doc, s.offset); program != "" {
		out = j.duties.Of(program)
	}
	if names := owner.Serves(s.doc); out == nil && s.doc.Nested && len(names) > 0 {
		out = j.duties.Of(names[0])
	}
	if !j.duties.Busy[s.role] && !slices.Contains(out, s.role) {
		return nil
	}
	return out
}

// daemonsOf are the daemons that a site's setting is about; of a folder that a script makes,
// those whose settings have it.
func (j *project) daemonsOf(s *site) []string {
	if !s.folder {
		return j.table.Daemons(s.key)
	}
	for _, other := range j.sites {
		if other.setting && other.path == s.path {
			if names := j.table.Daemons(other.key); names != nil {
				return names
			}
		}
	}
	return nil
}

// ofSomeDaemon reports whether a site's setting is about a daemon that nobody is seen to start
// and the role is not called like, and is right for other roles: it may be about these.
func (j *project) ofSomeDaemon(g *group, s *site) bool {
	names := j.daemonsOf(s)
	return len(names) > 0 && !calledLike(s.role, names) && slices.ContainsFunc(g.sites, func(other *site) bool {
		return s.doc.Owners.Has(other.role) && !other.role.Exempt && !slices.Contains(g.off, other)
	})
}

// calledLike reports whether a role is called like one of some daemons, or like what comes
// last in its name.
func calledLike(r *doc.Role, daemons []string) bool {
	return slices.ContainsFunc(daemons, func(name string) bool {
		return slices.Contains(known.Words(r.Name), name[strings.LastIndexByte(name, '-')+1:])
	})
}

// calledOtherwise reports whether a site's setting is about a daemon that other roles are
// called like, and its own is not, where nothing tells who starts it.
func (j *project) calledOtherwise(s *site) bool {
	names := j.table.Daemons(s.key)
	if len(names) == 0 || len(j.roles) < 2 || slices.ContainsFunc(names, func(name string) bool { return j.duties.Like(name) != nil }) {
		return false
	}
	return !calledLike(s.role, names) && slices.ContainsFunc(j.roles, func(r *doc.Role) bool { return calledLike(r, names) })
}

// calledAfterOther reports whether a setting that several roles have is called like another
// one of them, or is of a server that is: MASTER_DATA_DIRECTORY is the master's, and
// ZooKeeper's dataDir that of a role called zookeeper.
func (j *project) calledAfterOther(g *group, s *site) bool {
	words := append(known.Words(s.key), strings.ToLower(s.server))
	named := func(w string) bool { // zk is zookeeper
		return slices.ContainsFunc(j.table.Programs(w), func(name string) bool { return slices.Contains(words, name) })
	}
	after := func(r *doc.Role) bool {
		own := slices.DeleteFunc(known.Words(r.Name), general)
		return len(own) > 0 && !slices.ContainsFunc(own, func(w string) bool { return !named(w) })
	}
	return !s.doc.Command && !slices.ContainsFunc(known.Words(s.role.Name), named) &&
		slices.ContainsFunc(j.roles, func(r *doc.Role) bool { return r != s.role && (g.has(r) || s.doc.Owners.Has(r)) && after(r) })
}

// general reports whether a word of a role's name is one that settings of any server have.
func general(word string) bool {
	return slices.Contains([]string{"data", "log", "logs", "node", "nodes", "server", "client", "cluster", "backup", "cache", "web", "app", "db", "main", "store", "storage", "index", "name", "work", "file", "host"}, word)
}

// usersOf are the roles whose scripts and units use a variable of the environment which
// one file sets for several roles; nil where none is seen to.
func (j *project) usersOf(name string) []*doc.Role {
	if out, ok := j.users[name]; ok {
		return out
	}
	var out []*doc.Role
	for _, d := range j.docs {
		if d.Build || !strings.Contains(d.Text, "$"+name) && !strings.Contains(d.Text, "${"+name) {
			continue
		}
		for _, r := range j.roles {
			if d.Of(r) && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	j.users[name] = out
	return out
}
