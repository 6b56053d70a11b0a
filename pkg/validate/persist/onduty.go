package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// program matches the head of a section about a program of supervisord's.
var program = lazyregexp.New(`(?m)^\[program:([\w.\-]+)\]`)

// servedFor are the documents of a service that a role starts. The units among them are
// started with it.
func (a *attribution) servedFor(name string, r *role) []*doc {
	out := a.servedBy(name)
	if before, _, ok := strings.Cut(name, "@"); ok {
		out = append(slices.Clip(out), a.servedBy(before)...)
	}
	for _, d := range out {
		if d.format == reader.Unit && !strings.Contains(path.Base(d.node), "@.") {
			a.duties.add(serves(d)[0], r, false)
		}
	}
	return out
}

// servedBy are the documents of a service: its unit, units that are wanted by it, what
// is called like it.
func (a *attribution) servedBy(name string) []*doc {
	name = serviceName(name)
	if a.services == nil {
		a.services = map[string][]*doc{}
		for _, d := range a.j.docs {
			if d.command {
				continue
			}
			for _, n := range serves(d) {
				a.services[n] = append(a.services[n], d)
			}
		}
	}
	return a.services[name]
}

// serves are the names of the services that a document is of.
func serves(d *doc) []string {
	switch d.format {
	case reader.Unit:
		out := []string{unitOf(d.node)}
		for _, l := range reader.UnitLines(d.text) {
			if l.Key == "WantedBy" || l.Key == "RequiredBy" {
				for _, unit := range strings.Fields(l.Value) {
					if !ofSystem(unit) {
						out = append(out, serviceName(unit))
					}
				}
			}
		}
		return out
	case reader.Shell, reader.Python, reader.Dockerfile, reader.Cron, reader.Rsyslog, reader.Logrotate, reader.JavaScript:
		return nil
	case reader.YAML:
		if isCompose(d) || isPlaybook(d.rel, d.text) {
			return nil
		}
	}
	var out []string
	for _, n := range appendName(nil, stem(path.Base(d.node))) {
		out = append(out, serviceName(n))
	}
	for _, m := range program.FindAllStringSubmatch(d.text, 50) {
		out = append(out, serviceName(m[1]))
	}
	return out
}

// unitOf is the service that a unit, or a drop-in of one, is of.
func unitOf(node string) string {
	if unit := dropInOf(node); unit != "" {
		return serviceName(unit)
	}
	return serviceName(stem(strings.TrimSuffix(path.Base(node), ".j2")))
}

// dropInOf is the unit that a drop-in adds to, without its end; "" of any other file.
func dropInOf(node string) string {
	unit, ok := strings.CutSuffix(path.Base(path.Dir(node)), ".service.d")
	if !ok {
		return ""
	}
	return unit
}

// inScriptsOf are the roles whose scripts, by their names, alone speak of a unit; nil
// where one does that is called like no role.
func (a *attribution) inScriptsOf(unit string) []*role {
	var out []*role
	for _, d := range a.j.docs {
		if d.format != reader.Shell || d.command || d.build || d.pair != nil || !slices.Contains(strings.FieldsFunc(d.text, notInUnit), unit) {
			continue
		}
		some := a.like(stem(path.Base(d.node)))
		if some == nil {
			return nil
		}
		out = append(out, some...)
	}
	return a.inOrder(out)
}

// notInUnit reports whether a character ends the name of a unit.
func notInUnit(c rune) bool { return strings.ContainsRune(" \t\r\n\"'=;()/", c) }

// onDuty holds what is known of a document's owners against who starts its server: of
// several owners those have it who do, and a unit is theirs who start it, or everybody's
// when machines do at boot, if they have the owners' image.
func (a *attribution) onDuty(d *doc, o *owners) *owners {
	if d.command || d.build {
		return o
	}
	if d.format == reader.Unit && a.duties.boot[serves(d)[0]] {
		return &owners{roles: a.withImageOf(o.roles), sure: o.sure}
	}
	some := a.dutyOf(d)
	if some == nil {
		some = a.dutyOfFolder(d)
	}
	if (d.format == reader.Unit || o.sure != validate.Certain) && sharesImage(o.roles, some) && len(both(o.roles, some)) == 0 {
		return &owners{roles: a.inOrder(some), sure: o.sure, alone: true}
	}
	if more := a.alsoStart(d, o, a.dutyOf(d)); more != nil {
		return &owners{roles: more, sure: o.sure, alone: true}
	}
	if within := both(o.roles, some); len(within) > 0 && len(within) < len(o.roles) {
		return &owners{roles: within, sure: validate.Certain, alone: true, idle: a.idle(within)}
	}
	return o
}

// alsoStart are the owners of a document and those others that start its server, too, on the
// same image: its folder may be called like one of them. nil where there are none.
func (a *attribution) alsoStart(d *doc, o *owners, some []*role) []*role {
	other := func(twin *doc) bool { return twin.node == d.node && twin.rel != d.rel } // each has its own
	if o.open || len(o.roles) == 0 || len(both(o.roles, some)) < len(o.roles) || slices.ContainsFunc(a.j.docs, other) {
		return nil
	}
	out := slices.Clone(o.roles)
	for _, r := range some {
		if a.duties.busy[r] && !slices.Contains(out, r) && sharesImage(o.roles, []*role{r}) {
			out = append(out, r)
		}
	}
	if len(out) == len(o.roles) {
		return nil
	}
	return a.inOrder(out)
}

// withImageOf are the roles that have the image of one of some.
func (a *attribution) withImageOf(some []*role) []*role {
	var out []*role
	for _, r := range a.j.roles {
		if sharesImage(some, []*role{r}) {
			out = append(out, r)
		}
	}
	return out
}

// sharesImage reports whether a role of one list has the image of one of the other.
func sharesImage(a, b []*role) bool {
	return slices.ContainsFunc(a, func(x *role) bool {
		return slices.ContainsFunc(b, func(y *role) bool { return x.Container.Image == y.Container.Image })
	})
}

// dutyOf are the roles that start what a document is called like.
func (a *attribution) dutyOf(d *doc) []*role {
	names := serves(d)
	switch {
	case len(names) != 1 && d.format != reader.Unit: // of several programs
		return nil
	case strings.Contains(path.Base(d.node), "@."): // a template of units
		return a.duties.like(names[0])
	}
	return a.duties.of(names[0])
}

// dutyOfServer are the roles that start the server whose settings a file is known to
// have, by its name. Of a family of daemons some are called otherwise: who starts one of
// its name may not be the only one.
func (a *attribution) dutyOfServer(d *doc) []*role {
	var some []*role
	for _, name := range a.j.table.Servers(d.node) {
		some = append(some, a.duties.like(name)...)
	}
	if some == nil {
		return nil
	}
	return a.orIdle(some)
}

// dutyOfFolder are the roles that start the program in whose folder a file of settings
// lies on the node.
func (a *attribution) dutyOfFolder(d *doc) []*role {
	if d.format == reader.Unit || serves(d) == nil || !strings.HasPrefix(d.node, "/") {
		return nil
	}
	for _, segment := range slices.Backward(strings.Split(path.Dir(d.node), "/")) {
		if !everywhere(segment) && len(known.Words(segment)) > 0 {
			if some := a.duties.like(segment); some != nil {
				return a.orIdle(some)
			}
		}
	}
	return nil
}

// idle are those of some roles of which it is not known what they start; nil where it is
// known of none.
func (a *attribution) idle(some []*role) []*role {
	var out []*role
	for _, r := range some {
		if !a.duties.busy[r] {
			out = append(out, r)
		}
	}
	if len(out) == len(some) {
		return nil
	}
	return out
}

// orIdle are some roles, and those of which it is not known what they start.
func (a *attribution) orIdle(some []*role) []*role {
	var out []*role
	for _, r := range a.j.roles {
		if slices.Contains(some, r) || !a.duties.busy[r] {
			out = append(out, r)
		}
	}
	return out
}

// doers are the roles that start the daemon which a site's setting is about, or the
// server that a file is of which a script writes; nil where nobody is known to, or
// where it is not known what the role starts.
func (j *project) doers(s *site) []*role {
	if len(j.roles) < 2 || s.doc.command {
		return nil
	}
	var out []*role
	for _, name := range j.table.Daemons(s.key) {
		out = append(out, j.duties.like(name)...)
	}
	if program, ok := strings.CutPrefix(s.key, "program:"); ok { // a section of supervisord's
		program, _, _ = strings.Cut(program, ".")
		out = j.duties.of(program)
	}
	if names := serves(s.doc); out == nil && s.doc.nested && len(names) > 0 {
		out = j.duties.of(names[0])
	}
	if !j.duties.busy[s.role] && !slices.Contains(out, s.role) {
		return nil
	}
	return out
}

// calledOtherwise reports whether a site's setting is about a daemon that other roles are
// called like, and its own is not, where nothing tells who starts it.
func (j *project) calledOtherwise(s *site) bool {
	names := j.table.Daemons(s.key)
	if len(names) == 0 || len(j.roles) < 2 || slices.ContainsFunc(names, func(name string) bool { return j.duties.like(name) != nil }) {
		return false
	}
	called := func(r *role) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			return slices.Contains(known.Words(r.Name), name[strings.LastIndexByte(name, '-')+1:])
		})
	}
	return !called(s.role) && slices.ContainsFunc(j.roles, called)
}

// calledAfterOther reports whether a setting that several roles have is called like another
// one of them, or is of a server that is: MASTER_DATA_DIRECTORY is the master's, and
// ZooKeeper's dataDir that of a role called zookeeper.
func (j *project) calledAfterOther(g *group, s *site) bool {
	words := append(known.Words(s.key), strings.ToLower(s.server))
	named := func(w string) bool { // zk is zookeeper
		return slices.ContainsFunc(j.table.Programs(w), func(name string) bool { return slices.Contains(words, name) })
	}
	after := func(r *role) bool {
		own := slices.DeleteFunc(known.Words(r.Name), general)
		return len(own) > 0 && !slices.ContainsFunc(own, func(w string) bool { return !named(w) })
	}
	return !s.doc.command && !slices.ContainsFunc(known.Words(s.role.Name), named) &&
		slices.ContainsFunc(j.roles, func(r *role) bool { return r != s.role && (g.has(r) || s.doc.owners.has(r)) && after(r) })
}

// general reports whether a word of a role's name is one that settings of any server have.
func general(word string) bool {
	return slices.Contains([]string{"data", "log", "logs", "node", "nodes", "server", "client", "cluster", "backup", "cache", "web", "app", "db", "main", "store", "storage", "index", "name", "work", "file", "host"}, word)
}

// usersOf are the roles whose scripts and units use a variable of the environment which
// one file sets for several roles; nil where none is seen to.
func (j *project) usersOf(name string) []*role {
	if out, ok := j.users[name]; ok {
		return out
	}
	var out []*role
	for _, d := range j.docs {
		if d.build || !strings.Contains(d.text, "$"+name) && !strings.Contains(d.text, "${"+name) {
			continue
		}
		for _, r := range j.roles {
			if d.of(r) && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	j.users[name] = out
	return out
}
