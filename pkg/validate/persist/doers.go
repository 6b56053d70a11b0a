package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/owner"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// doers are the roles that run what a site is of: those that start it, or use the variable
// that it is; nil where nobody is known to, or where it is not known what the role starts.
func (j *project) doers(s *site) []*doc.Role {
	if len(j.roles) < 2 || s.doc.Command {
		return nil
	}
	if out := j.starters(s); out != nil && (j.duties.Busy[s.role] || slices.Contains(out, s.role)) {
		return out
	}
	if ofEnvironment(s) {
		return j.usersOf(s)
	}
	return nil
}

// ofEnvironment reports whether a site is a variable of a file that is there to set them, which
// scripts use: well-known ones servers read themselves.
func ofEnvironment(s *site) bool { return s.key != "" && s.server == "" && doc.IsEnv(s.doc.Node) }

// starters are the roles that start what a site is of, by the first of these that there is:
// the daemon that is asked for before, the program of supervisord's that the place is a part
// of, the service of Windows that the line installs, the daemon that the setting is about, the
// server whose file a script writes, the daemon that a file which the system reads on every node
// is called after.
func (j *project) starters(s *site) []*doc.Role {
	if out := j.startersOf(s.needs.alive); out != nil {
		return out
	}
	if program, _ := owner.SupervisedAt(s.doc, s.offset); program != "" {
		return j.duties.Of(program)
	}
	if service := owner.InstalledAt(s.doc, s.offset); service != "" {
		return j.duties.Of(service)
	}
	if out := j.startersOf(j.daemonsOf(s)); out != nil {
		return out
	}
	if names := owner.Serves(s.doc); s.doc.Nested && len(names) > 0 {
		return j.duties.Of(names[0])
	}
	for _, name := range calledAfter(s) {
		if out := j.duties.Of(name); out != nil {
			return out
		}
	}
	return nil
}

// serverOfOthers reports whether a site is a variable of a server that others are seen to start,
// and its role is seen to start something else.
func (j *project) serverOfOthers(s *site) bool {
	if s.server == "" || !doc.IsEnv(s.doc.Node) || !j.duties.Busy[s.role] {
		return false
	}
	var out []*doc.Role
	for _, name := range j.table.ProgramsOf(s.server) {
		out = append(out, j.duties.Of(name)...)
	}
	return len(out) > 0 && !slices.Contains(out, s.role)
}

// asleep reports whether a site is of a program of supervisord's that waits until it is asked
// for, and nobody is seen to ask, though it is known what the role starts.
func (j *project) asleep(s *site) bool {
	program, waits := owner.SupervisedAt(s.doc, s.offset)
	return waits && j.duties.Busy[s.role] && j.duties.Of(program) == nil
}

// hangsOnOthers reports whether a site is made only where something is there that others have
// on their volumes, and nothing is seen to make for its own role: [ -d /data/db ] || exit.
func (j *project) hangsOnOthers(s *site) bool {
	return slices.ContainsFunc(s.needs.there, func(p string) bool {
		if !strings.HasPrefix(p, "/") || s.disk().Where(p, s.role.Mounts) != disk.System || j.makes(s.role, disk.Clean(p)) {
			return false
		}
		return slices.ContainsFunc(j.roles, func(r *doc.Role) bool {
			return r != s.role && doc.SharesImage([]*doc.Role{r}, []*doc.Role{s.role}) && r.Disk.Where(p, r.Mounts) == disk.Volume
		})
	})
}

// makes reports whether a role makes a path, or something below it, that is not there.
func (j *project) makes(r *doc.Role, p string) bool {
	made := func(s *site) bool {
		return s.role == r && disk.Under(disk.Clean(s.path), p) && s.doc.Owners.Has(r) && !slices.Contains(s.needs.there, p)
	}
	return slices.ContainsFunc(j.sites, made) || slices.ContainsFunc(j.waiting, func(o site) bool { return made(&o) })
}

// startersOf are the roles that start one of some daemons.
func (j *project) startersOf(daemons []string) []*doc.Role {
	var out []*doc.Role
	for _, name := range daemons {
		out = append(out, j.duties.Like(name)...)
	}
	return out
}

// calledAfter are the names of what a line of syslog's or logrotate's may be for, which every
// node of an image has, the most telling first: the program whose lines it has, the log's,
// together with its folder's or the file's (pdns/recursor.log is of pdns-recursor), and the
// file's, which may have lines for others, too.
func calledAfter(s *site) []string {
	switch s.doc.Format {
	case reader.Rsyslog:
	case reader.Logrotate:
	default:
		return nil
	}
	var out []string
	for _, m := range programName.FindAllStringSubmatch(s.doc.LineAt(s.offset), 5) {
		out = append(out, m[1])
	}
	file, folder := numbered.ReplaceAllString(doc.Stem(path.Base(s.doc.Node)), ""), path.Base(path.Dir(s.path))
	log := strings.TrimSuffix(doc.Stem(path.Base(s.path)), ".log")
	return append(out, folder+"-"+log, file+"-"+log, log, folder, file)
}

var (
	numbered    = lazyregexp.New(`^\d+-`)                                                        // 49-haproxy.conf
	programName = lazyregexp.New(`programname\b[^"'\w]*(?:\w+[^"'\w]*)?["']?([A-Za-z][\w.\-]*)`) // if $programname == "haproxy"; :programname, isequal, "haproxy"
)

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
	return len(names) > 0 && !calledLike(s.role, names) && g.rightForOwner()
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

// usersOf are the roles whose scripts, units and programs use the variable of the environment
// that a site is, beside the file that sets it; nil where none is seen to.
func (j *project) usersOf(s *site) []*doc.Role {
	id := s.doc.File + "\x00" + s.key
	if out, ok := j.users[id]; ok {
		return out
	}
	var out []*doc.Role
	for _, d := range j.docs {
		if d.Build || d.File == s.doc.File || !uses(d, d.Text, s.key) {
			continue
		}
		for _, r := range j.roles {
			if d.Of(r) && !slices.Contains(out, r) && uses(d, j.doneBy(d, r), s.key) {
				out = append(out, r)
			}
		}
	}
	j.users[id] = out
	return out
}

// uses reports whether a text uses a variable: programs ask for it by its name.
func uses(d *doc.Doc, text, name string) bool {
	switch d.Format {
	case reader.Python, reader.JavaScript:
		return doc.HasToken(text, name, 20_000)
	}
	return strings.Contains(text, "$"+name) || strings.Contains(text, "${"+name)
}

// doneBy is the text of a script as far as a role does what it says.
func (j *project) doneBy(d *doc.Doc, r *doc.Role) string {
	switch d.Format {
	case reader.Shell:
		events, _ := j.walk(d, r)
		return shell.Done(d.Text, events)
	case reader.Python:
		return d.For(r, j.roles).Text
	}
	return d.Text
}
