package owner

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// guess finds the roles of a document that no playbook gives to some.
func (a *Attribution) guess(d *doc.Doc) *doc.Owners {
	if some := a.home(d); some != nil {
		return &doc.Owners{Roles: some, Sure: validate.Certain, Alone: true}
	}
	if some := a.imageFolder(d); some != nil {
		return &doc.Owners{Roles: some, Sure: validate.Certain}
	}
	by := a.by(d)
	called := a.called(d, len(by) == len(a.Roles))
	own, folder := OwnNames(d)
	if some := a.namesakes(d, a.spoken(d, own), by); some != nil && !a.runBy(d, by, some) && !namedByOthers(d, by, some) && (called == nil || a.toldToRun(d, own) || len(doc.Common(some, called)) == len(some)) {
		for _, program := range Serves(d) {
			some = append(slices.Clip(some), a.Duties.Of(program)...)
		}
		return &doc.Owners{Roles: a.inOrder(some), Sure: validate.Certain}
	}
	if d.Format == reader.Unit && len(by) == 0 && called == nil {
		if some := a.inScriptsOf(UnitOf(d.Node)); some != nil {
			return &doc.Owners{Roles: some, Sure: validate.Likely}
		}
	}
	if some := a.installsFor(d); some != nil && len(by) == 0 {
		return &doc.Owners{Roles: some, Sure: validate.Certain}
	}
	within := doc.Common(called, by)
	switch {
	case len(within) > 0 && len(within) < len(by) && a.called(d, true) != nil: // the others call one of the same name
		return &doc.Owners{Roles: a.orSpokenOf(d, within, by), Sure: validate.Certain}
	case len(by) > 0 && len(by) < len(a.Roles):
		return &doc.Owners{Roles: by, Sure: validate.Certain}
	case called != nil && a.called(d, true) == nil && len(by) == 0 && a.beside(d) != nil: // a folder of the node
		return &doc.Owners{Roles: a.beside(d), Sure: validate.Likely}
	case called != nil && d.Format == reader.Shell && d.Pair == nil && aboutRoles.MatchString(d.Text):
		return &doc.Owners{Roles: a.orSpokenOf(d, called, a.Roles), Sure: validate.Certain}
	case called != nil:
		return &doc.Owners{Roles: called, Sure: validate.Certain}
	}
	for _, n := range folder {
		if some := a.Running[n]; some != nil {
			return &doc.Owners{Roles: some, Sure: validate.Certain}
		}
		if some := a.telling[n]; some != nil && !a.startedByOthers(d, some) {
			return &doc.Owners{Roles: some, Sure: validate.Likely}
		}
	}
	if some := a.byFolder(d); some != nil && len(by) == 0 {
		return &doc.Owners{Roles: some, Sure: validate.Likely}
	}
	if some := a.hinted(append(folder, doc.Stem(path.Base(d.Rel)))); some != nil && len(by) == 0 {
		return &doc.Owners{Roles: some, Sure: validate.Likely}
	}
	if len(by) == len(a.Roles) {
		return &doc.Owners{Roles: by, Sure: validate.Certain}
	}
	if d.InImage && d.Pair == nil && doc.OneImage(a.Roles) && (d.Format == reader.Rsyslog || d.Format == reader.Cron || doc.IsPeriodic(d.Node) || a.folderReached(d)) {
		return &doc.Owners{Roles: a.Roles, Sure: validate.Certain} // it is at work on every node
	}
	return a.open(d)
}

// toldToRun reports whether roles are told to run the service of a unit: that counts for
// more than what its folder is called like. That their settings speak of it does not.
func (a *Attribution) toldToRun(d *doc.Doc, own []string) bool {
	return d.Format == reader.Unit && slices.ContainsFunc(own, func(name string) bool { return a.Running[name] != nil })
}

// namesakes are the roles whose commands reach a script, of those that speak of it by a name
// which it shares with others: a/start.sh is not what another role's b/start.sh is.
func (a *Attribution) namesakes(d *doc.Doc, some, by []*doc.Role) []*doc.Role {
	shared := d.Format == reader.Shell && d.Pair == nil && len(a.ByBase[path.Base(d.Node)]) > 1
	if shared && len(by) > 0 && len(by) < len(some) && len(doc.Common(some, by)) == len(by) {
		return by
	}
	return some
}

// namedByOthers reports whether what some roles are told to run seems to be what a file of
// settings is for, but only others' commands and units come to name the file itself.
func namedByOthers(d *doc.Doc, by, some []*doc.Role) bool {
	return d.Pair == nil && tellsServer(d) && d.Format != reader.Unit && len(by) > 0 && len(doc.Common(by, some)) == 0
}

// runBy reports whether a script is run by others than some, too: by those whose
// commands reach it, and tell it what to do, where any do.
func (a *Attribution) runBy(d *doc.Doc, by, some []*doc.Role) bool {
	told := a.Calls[d.File]
	return d.Format == reader.Shell && d.Pair == nil && slices.ContainsFunc(by, func(r *doc.Role) bool {
		return !slices.Contains(some, r) && (len(told) == 0 || told[r] != nil)
	})
}

// orSpokenOf are some roles, and those of others who may run a script that speaks of them:
// it lies in the folder of one role, or is called like it, and all have it. Those who have one of
// the same name in a folder of their own have that.
func (a *Attribution) orSpokenOf(d *doc.Doc, some, others []*doc.Role) []*doc.Role {
	out := slices.Clone(some)
	for _, r := range others {
		own := func(twin *doc.Doc) bool { return twin != d && slices.Contains(a.called(twin, true), r) }
		if d.Format == reader.Shell && !slices.Contains(some, r) && doc.HasToken(d.Text, r.Name, 5000) && !slices.ContainsFunc(a.ByBase[path.Base(d.Node)], own) {
			out = append(out, r)
		}
	}
	return a.inOrder(out)
}

// spoken are the roles that are told to run what d is called like, or whose
// rendered files alone name it.
func (a *Attribution) spoken(d *doc.Doc, own []string) []*doc.Role {
	names := own
	if servers := a.Table.Servers(d.Node); len(servers) == 1 || len(servers) > 1 && a.agree(servers) {
		names = append(names, servers...)
	}
	for _, n := range names {
		if some := a.Running[n]; some != nil {
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
func (a *Attribution) startedByOthers(d *doc.Doc, some []*doc.Role) bool {
	who := a.dutyOfServer(d)
	return len(who) > 0 && len(doc.Common(who, some)) == 0
}

// agree reports whether names are said of the same roles, as far as they are said
// of any: the programs of one product may run apart from each other.
func (a *Attribution) agree(names []string) bool {
	var some []*doc.Role
	for _, n := range names {
		roles := a.Running[n]
		if roles == nil {
			roles = a.telling[n]
		}
		if roles == nil {
			continue
		}
		if some != nil && len(doc.Common(some, roles)) != max(len(some), len(roles)) {
			return false
		}
		some = roles
	}
	return true
}

// open is the answer where nothing is sure: the roles that reach what lies beside
// d, that run what its path is called like, or whose commands name its folder, else
// all.
func (a *Attribution) open(d *doc.Doc) *doc.Owners {
	if some := a.runs(d); some != nil {
		return &doc.Owners{Roles: some, Sure: validate.Likely}
	}
	if some := a.beside(d); some != nil {
		return &doc.Owners{Roles: some, Sure: validate.Likely, Weak: true}
	}
	if some := a.inCommands(d); some != nil {
		return &doc.Owners{Roles: some, Sure: validate.Likely, Weak: true}
	}
	if a.spokenByAll(d) {
		return &doc.Owners{Roles: a.Roles, Sure: validate.Likely, Weak: true}
	}
	sure := validate.Guess
	if d.InImage {
		sure = validate.Likely
	}
	return &doc.Owners{Roles: a.Roles, Sure: sure, Open: true, Weak: true}
}

// spokenByAll reports whether all roles' commands call something that is called like the
// folder of the program whose configuration a document is, or lies in one that is:
// /opt/spark-ctl/spark.sh start worker, and /opt/spark/conf/spark-env.sh.
func (a *Attribution) spokenByAll(d *doc.Doc) bool {
	if d.Pair == nil || !strings.HasPrefix(d.Node, "/") || Serves(d) == nil && d.Format != reader.Shell {
		return false
	}
	for _, segment := range slices.Backward(strings.Split(path.Dir(d.Node), "/")) {
		if len(segment) < 3 || everywhere(segment) {
			continue
		}
		return !slices.ContainsFunc(a.Roles, func(r *doc.Role) bool { return !a.speaks(r, segment) })
	}
	return false
}

// speaks reports whether a role's commands call something by the name of a program.
func (a *Attribution) speaks(r *doc.Role, program string) bool {
	return slices.ContainsFunc(a.Docs, func(c *doc.Doc) bool {
		return c.Command && c.Role == r && slices.ContainsFunc(strings.FieldsFunc(c.Text, notInUnit), func(w string) bool {
			rest, ok := strings.CutPrefix(w, program)
			return ok && (rest == "" || strings.IndexByte("-_.", rest[0]) >= 0)
		})
	})
}
