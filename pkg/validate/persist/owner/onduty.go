package owner

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// program matches the head of a section about a program of supervisord's.
var program = lazyregexp.New(`(?m)^\[program:([\w.\-]+)\]`)

// servedFor are the documents of a service that a role starts. The units among them are
// started with it, and as surely.
func (a *Attribution) servedFor(name string, r *doc.Role) []*doc.Doc {
	out := a.servedBy(name)
	if before, _, ok := strings.Cut(name, "@"); ok {
		out = append(slices.Clip(out), a.servedBy(before)...)
	}
	out = slices.DeleteFunc(slices.Clone(out), func(d *doc.Doc) bool { return a.twinOf(d, r) })
	_, sure := a.Duties.starts(name, r)
	for _, d := range out {
		if d.Format == reader.Unit && !strings.Contains(path.Base(d.Node), "@.") {
			a.Duties.add(Serves(d)[0], r, !sure)
		}
	}
	return out
}

// twinOf reports whether a document lies in the folder of others, and a role has one of the same
// name in a folder of its own.
func (a *Attribution) twinOf(d *doc.Doc, r *doc.Role) bool {
	twins := a.ByBase[path.Base(d.Node)]
	if len(twins) < 2 {
		return false
	}
	some := a.called(d, true)
	if slices.Contains(some, r) {
		return false
	}
	return slices.ContainsFunc(twins, func(twin *doc.Doc) bool {
		return twin != d && slices.Contains(a.called(twin, true), r) && (some != nil || a.besideOwn(d, twin, r))
	})
}

// besideOwn reports whether two paths differ in one folder alone, which a role is called like in
// the one: images/grafana/init.sh is grafana's, and images/influxdb/init.sh is not.
func (a *Attribution) besideOwn(d, twin *doc.Doc, r *doc.Role) bool {
	other, own := strings.Split(d.Rel, "/"), strings.Split(twin.Rel, "/")
	if len(other) != len(own) {
		return false
	}
	differ := -1
	for i := range own {
		if own[i] != other[i] {
			if differ >= 0 {
				return false
			}
			differ = i
		}
	}
	return differ >= 0 && differ < len(own)-1 && !forAll(other[differ]) && slices.Contains(a.like(own[differ]), r)
}

// servedBy are the documents of a service: its unit, units that are wanted by it, what
// is called like it.
func (a *Attribution) servedBy(name string) []*doc.Doc {
	name = serviceName(name)
	if a.services == nil {
		a.services = map[string][]*doc.Doc{}
		for _, d := range a.Docs {
			if d.Command {
				continue
			}
			for _, n := range Serves(d) {
				a.services[n] = append(a.services[n], d)
			}
		}
	}
	return a.services[name]
}

// Serves are the names of the services that a document is of.
func Serves(d *doc.Doc) []string {
	switch d.Format {
	case reader.Unit:
		out := []string{UnitOf(d.Node)}
		for _, l := range reader.UnitLines(d.Text) {
			if l.Key == "WantedBy" || l.Key == "RequiredBy" {
				for _, unit := range strings.Fields(l.Value) {
					if !ofSystem(unit) {
						out = append(out, serviceName(unit))
					}
				}
			}
		}
		return out
	}
	if !tellsServer(d) {
		return nil
	}
	var out []string
	for _, n := range appendName(nil, doc.Stem(path.Base(d.Node))) {
		out = append(out, serviceName(n))
	}
	for _, m := range program.FindAllStringSubmatch(d.Text, 50) {
		out = append(out, serviceName(m[1]))
	}
	return out
}

// tellsServer reports whether a document is what some server is told: no program, and
// nothing that the system reads on any node.
func tellsServer(d *doc.Doc) bool {
	switch d.Format {
	case reader.Shell, reader.Python, reader.Dockerfile, reader.Cron, reader.Rsyslog, reader.Logrotate, reader.JavaScript, reader.PowerShell:
		return false
	case reader.YAML:
		return !doc.IsCompose(d) && !ansible.IsPlaybook(d.Rel, d.Text)
	}
	return true
}

// UnitOf is the service that a unit, or a drop-in of one, is of.
func UnitOf(node string) string {
	if unit := dropInOf(node); unit != "" {
		return serviceName(unit)
	}
	return serviceName(doc.Stem(strings.TrimSuffix(path.Base(node), ".j2")))
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
func (a *Attribution) inScriptsOf(unit string) []*doc.Role {
	var out []*doc.Role
	for _, d := range a.Docs {
		if d.Format != reader.Shell || d.Command || d.Build || d.Pair != nil || !slices.Contains(strings.FieldsFunc(d.Text, notInUnit), unit) {
			continue
		}
		some := a.like(doc.Stem(path.Base(d.Node)))
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
func (a *Attribution) onDuty(d *doc.Doc, o *doc.Owners) *doc.Owners {
	if d.Command || d.Build {
		return o
	}
	if d.Format == reader.Unit && a.Duties.boot[Serves(d)[0]] {
		return &doc.Owners{Roles: doc.WithImageOf(a.Roles, o.Roles), Sure: o.Sure}
	}
	starters, some := a.onDutyOf(d)
	if (d.Format == reader.Unit || o.Sure != validate.Certain) && doc.SharesImage(o.Roles, some) && len(doc.Common(o.Roles, some)) == 0 {
		return &doc.Owners{Roles: a.inOrder(some), Sure: o.Sure, Alone: true, Start: starters}
	}
	if more := a.alsoStart(d, o, a.dutyOf(d)); more != nil {
		return &doc.Owners{Roles: more, Sure: o.Sure, Alone: true, Start: more}
	}
	if within := doc.Common(o.Roles, some); len(within) > 0 && len(within) < len(o.Roles) {
		return &doc.Owners{Roles: within, Sure: validate.Certain, Alone: true, Idle: a.idle(within), Start: starters}
	}
	if doc.Common(o.Roles, starters) == nil {
		return o
	}
	all := *o
	all.Start = starters
	return &all
}

// onDutyOf are the roles that start a document's server, and these together with those of which it
// is not known what they start, where what they start goes by the folder that it lies in.
func (a *Attribution) onDutyOf(d *doc.Doc) (starters, some []*doc.Role) {
	if some := a.dutyOf(d); some != nil {
		return some, some
	}
	if some := a.inOrder(a.serverStarters(d)); some != nil && len(some) < len(a.Roles) {
		return some, a.orIdle(some, a.Table.Servers(d.Node))
	}
	if some, units := a.dutyOfHome(d); some != nil {
		return some, a.orIdle(some, units)
	}
	some, folder := a.dutyOfFolder(d)
	if some == nil || same(some, a.like(folder)) { // the roles that are called so
		return some, some
	}
	return some, a.orIdle(some, []string{folder})
}

// alsoStart are the owners of a document and those others that start its server, too, on the
// same image: its folder may be called like one of them. nil where there are none.
func (a *Attribution) alsoStart(d *doc.Doc, o *doc.Owners, some []*doc.Role) []*doc.Role {
	other := func(twin *doc.Doc) bool { return twin.Node == d.Node && twin.Rel != d.Rel } // each has its own
	if o.Open || len(o.Roles) == 0 || len(doc.Common(o.Roles, some)) < len(o.Roles) || slices.ContainsFunc(a.Docs, other) {
		return nil
	}
	out := slices.Clone(o.Roles)
	for _, r := range some {
		if a.Duties.Busy[r] && !slices.Contains(out, r) && doc.SharesImage(o.Roles, []*doc.Role{r}) && !(a.home(d) != nil && a.atHome(r)) {
			out = append(out, r)
		}
	}
	if len(out) == len(o.Roles) {
		return nil
	}
	return a.inOrder(out)
}

// dutyOf are the roles that start what a document is called like.
func (a *Attribution) dutyOf(d *doc.Doc) []*doc.Role {
	names := Serves(d)
	switch {
	case len(names) != 1 && d.Format != reader.Unit: // of several programs
		return nil
	case strings.Contains(path.Base(d.Node), "@."): // a template of units
		return a.Duties.Like(names[0])
	}
	return a.Duties.Of(names[0])
}

// dutyOfServer are the roles that start the server whose settings a file is known to
// have, by its name. Of a family of daemons some are called otherwise: who starts one of
// its name may not be the only one.
func (a *Attribution) dutyOfServer(d *doc.Doc) []*doc.Role {
	some := a.serverStarters(d)
	if some == nil {
		return nil
	}
	return a.orIdle(some, a.Table.Servers(d.Node))
}

// serverStarters are the roles that are seen to start the server of a file's name.
func (a *Attribution) serverStarters(d *doc.Doc) []*doc.Role {
	var some []*doc.Role
	for _, name := range a.Table.Servers(d.Node) {
		some = append(some, a.Duties.Like(name)...)
	}
	return some
}

// dutyOfFolder are the roles that start the program in whose folder a file of settings
// lies on the node, and the folder's name. Of a file of which that is not known it is the
// folder of the repository, and its words: tomcat-conf.
func (a *Attribution) dutyOfFolder(d *doc.Doc) (some []*doc.Role, folder string) {
	if d.Format == reader.Unit || !tellsServer(d) {
		return nil, ""
	}
	onNode := strings.HasPrefix(d.Node, "/") || disk.OnDrive(d.Node)
	for _, segment := range slices.Backward(strings.Split(path.Dir(disk.Slashes(d.Node)), "/")) {
		names := []string{strings.TrimSuffix(segment, ".d")} // php-fpm.d
		if !onNode {
			names = append(names, known.Words(segment)...)
		}
		for _, name := range names {
			if !everywhere(name) && len(known.Words(name)) > 0 {
				if some := a.Duties.Like(name); some != nil {
					return some, name
				}
			}
		}
	}
	return nil, ""
}

// same reports whether two lists have the same roles.
func same(some, others []*doc.Role) bool {
	return len(some) == len(others) && len(doc.Common(some, others)) == len(some)
}

// dutyOfHome are the roles that start the units which run in a folder that a file lies in, the
// nearest one, and these units: /opt/shop/mailer/conf/logback.xml is of those that start the
// mailer. A program there may be run by others, too.
func (a *Attribution) dutyOfHome(d *doc.Doc) (some []*doc.Role, units []string) {
	switch d.Format {
	case reader.Unit, reader.Shell, reader.PowerShell, reader.Python, reader.JavaScript, reader.Dockerfile, reader.Cron:
		return nil, nil
	}
	for dir := path.Dir(d.Node); dir != "/" && dir != "." && some == nil; dir = path.Dir(dir) {
		units = nil
		for _, u := range a.unitsIn(dir) {
			units = append(units, Serves(u)[0])
			some = append(some, a.Duties.Of(Serves(u)[0])...)
		}
	}
	return some, units
}

// unitsIn are the units that run in a folder of the node.
func (a *Attribution) unitsIn(dir string) []*doc.Doc {
	if a.runsIn == nil {
		a.runsIn = map[string][]*doc.Doc{}
		for _, d := range a.Docs {
			if d.Format != reader.Unit {
				continue
			}
			for _, l := range reader.UnitLines(d.Text) {
				if l.Key == "WorkingDirectory" {
					at := path.Clean(l.Value)
					a.runsIn[at] = append(a.runsIn[at], d)
				}
			}
		}
	}
	return a.runsIn[dir]
}

// idle are those of some roles of which it is not known what they start; nil where it is
// known of none.
func (a *Attribution) idle(some []*doc.Role) []*doc.Role {
	var out []*doc.Role
	for _, r := range some {
		if !a.Duties.Busy[r] {
			out = append(out, r)
		}
	}
	if len(out) == len(some) {
		return nil
	}
	return out
}

// orIdle are some roles that start what is called by one of some names, and those of which it is
// not known what they start, as far as they do not pass by it.
func (a *Attribution) orIdle(some []*doc.Role, names []string) []*doc.Role {
	var out []*doc.Role
	for _, r := range a.Roles {
		passes := func(name string) bool { return a.Duties.passesBy(name, r) }
		if slices.Contains(some, r) || !a.Duties.Busy[r] && !slices.ContainsFunc(names, passes) {
			out = append(out, r)
		}
	}
	return out
}
