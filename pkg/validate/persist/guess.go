package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// guess finds the roles of a document that no playbook gives to some.
func (a *attribution) guess(d *doc) *owners {
	j := a.j
	if some := a.home(d); some != nil {
		return &owners{roles: some, sure: validate.Certain, alone: true}
	}
	if some := a.imageFolder(d); some != nil {
		return &owners{roles: some, sure: validate.Certain}
	}
	by := a.by(d)
	called := a.called(d, len(by) == len(j.roles))
	own, folder := ownNames(d)
	if some := a.namesakes(d, a.spoken(d, own), by); some != nil && !a.runBy(d, by, some) && (called == nil || d.format == reader.Unit || len(both(some, called)) == len(some)) {
		for _, program := range serves(d) {
			some = append(slices.Clip(some), a.duties.of(program)...)
		}
		return &owners{roles: a.inOrder(some), sure: validate.Certain}
	}
	if d.format == reader.Unit && len(by) == 0 {
		if some := a.inScriptsOf(unitOf(d.node)); some != nil {
			return &owners{roles: some, sure: validate.Likely}
		}
	}
	within := both(called, by)
	switch {
	case len(within) > 0 && len(within) < len(by) && a.called(d, true) != nil: // the others call one of the same name
		return &owners{roles: a.orSpokenOf(d, within, by), sure: validate.Certain}
	case len(by) > 0 && len(by) < len(j.roles):
		return &owners{roles: by, sure: validate.Certain}
	case called != nil && a.called(d, true) == nil && len(by) == 0 && a.beside(d) != nil: // a folder of the node
		return &owners{roles: a.beside(d), sure: validate.Likely}
	case called != nil:
		return &owners{roles: called, sure: validate.Certain}
	}
	for _, n := range folder {
		if some := a.running[n]; some != nil {
			return &owners{roles: some, sure: validate.Certain}
		}
		if some := a.telling[n]; some != nil && !a.startedByOthers(d, some) {
			return &owners{roles: some, sure: validate.Likely}
		}
	}
	if some := a.byFolder(d); some != nil && len(by) == 0 {
		return &owners{roles: some, sure: validate.Likely}
	}
	if some := a.hinted(append(folder, stem(path.Base(d.rel)))); some != nil && len(by) == 0 {
		return &owners{roles: some, sure: validate.Likely}
	}
	if len(by) == len(j.roles) {
		return &owners{roles: by, sure: validate.Certain}
	}
	if d.inImage && d.pair == nil && j.oneImage() && (d.format == reader.Rsyslog || d.format == reader.Cron || isPeriodic(d.node) || a.folderReached(d)) {
		return &owners{roles: j.roles, sure: validate.Certain} // it is at work on every node
	}
	return a.open(d)
}

// namesakes are the roles whose commands reach a script, of those that speak of it by a name
// which it shares with others: a/start.sh is not what another role's b/start.sh is.
func (a *attribution) namesakes(d *doc, some, by []*role) []*role {
	shared := d.format == reader.Shell && d.pair == nil && len(a.j.byBase[path.Base(d.node)]) > 1
	if shared && len(by) > 0 && len(by) < len(some) && len(both(some, by)) == len(by) {
		return by
	}
	return some
}

// runBy reports whether a script is run by others than some, too: by those whose
// commands reach it, and tell it what to do, where any do.
func (a *attribution) runBy(d *doc, by, some []*role) bool {
	told := a.j.args[d.file]
	return d.format == reader.Shell && d.pair == nil && slices.ContainsFunc(by, func(r *role) bool {
		return !slices.Contains(some, r) && (len(told) == 0 || told[r] != nil)
	})
}

// orSpokenOf are some roles, and those of others whose commands reach a script that
// speaks of them: it lies in the folder of one role, and all have it.
func (a *attribution) orSpokenOf(d *doc, some, others []*role) []*role {
	out := slices.Clone(some)
	for _, r := range others {
		if d.format == reader.Shell && !slices.Contains(some, r) && hasToken(d.text, r.Name, 5000) {
			out = append(out, r)
		}
	}
	return a.inOrder(out)
}

// spoken are the roles that are told to run what d is called like, or whose
// rendered files alone name it.
func (a *attribution) spoken(d *doc, own []string) []*role {
	names := own
	if servers := a.j.table.Servers(d.node); len(servers) == 1 || len(servers) > 1 && a.agree(servers) {
		names = append(names, servers...)
	}
	for _, n := range names {
		if some := a.running[n]; some != nil {
			return some
		}
		if some := a.telling[n]; some != nil && !a.startedByOthers(d, some) {
			return some
		}
	}
	return nil
}

// startedByOthers reports whether the server that a file configures is started by roles
// of which none is among some: a proxy's settings speak of the server behind it.
func (a *attribution) startedByOthers(d *doc, some []*role) bool {
	who := a.dutyOfServer(d)
	return len(who) > 0 && len(both(who, some)) == 0
}

// agree reports whether names are said of the same roles, as far as they are said
// of any: the programs of one product may run apart from each other.
func (a *attribution) agree(names []string) bool {
	var some []*role
	for _, n := range names {
		roles := a.running[n]
		if roles == nil {
			roles = a.telling[n]
		}
		if roles == nil {
			continue
		}
		if some != nil && len(both(some, roles)) != max(len(some), len(roles)) {
			return false
		}
		some = roles
	}
	return true
}

// open is the answer where nothing is sure: the roles that reach what lies beside
// d, that run what its path is called like, or whose commands name its folder, else
// all.
func (a *attribution) open(d *doc) *owners {
	if some := a.runs(d); some != nil {
		return &owners{roles: some, sure: validate.Likely, weak: true}
	}
	if some := a.beside(d); some != nil {
		return &owners{roles: some, sure: validate.Likely, weak: true}
	}
	if some := a.inCommands(d); some != nil {
		return &owners{roles: some, sure: validate.Likely, weak: true}
	}
	if a.spokenByAll(d) {
		return &owners{roles: a.j.roles, sure: validate.Likely, weak: true}
	}
	sure := validate.Guess
	if d.inImage {
		sure = validate.Likely
	}
	return &owners{roles: a.j.roles, sure: sure, open: true, weak: true}
}

// spokenByAll reports whether all roles' commands call something that is called like the
// folder of the program whose configuration a document is, or lies in one that is:
// /opt/spark-ctl/spark.sh start worker, and /opt/spark/conf/spark-env.sh.
func (a *attribution) spokenByAll(d *doc) bool {
	if d.pair == nil || !strings.HasPrefix(d.node, "/") || serves(d) == nil && d.format != reader.Shell {
		return false
	}
	for _, segment := range slices.Backward(strings.Split(path.Dir(d.node), "/")) {
		if len(segment) < 3 || everywhere(segment) {
			continue
		}
		return !slices.ContainsFunc(a.j.roles, func(r *role) bool { return !a.speaks(r, segment) })
	}
	return false
}

// speaks reports whether a role's commands call something by the name of a program.
func (a *attribution) speaks(r *role, program string) bool {
	return slices.ContainsFunc(a.j.docs, func(c *doc) bool {
		return c.command && c.role == r && slices.ContainsFunc(strings.FieldsFunc(c.text, notInUnit), func(w string) bool {
			rest, ok := strings.CutPrefix(w, program)
			return ok && (rest == "" || strings.IndexByte("-_.", rest[0]) >= 0)
		})
	})
}
