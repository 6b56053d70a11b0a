package persist

import (
	"context"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/owner"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// collect reads every document for every role that it may belong to. What makes
// the image goes first, since it says what is linked to what; then what sets
// variables for others.
func (j *project) collect(ctx context.Context) error {
	for _, d := range j.docs {
		if d.Build {
			j.readDoc(d, j.roles[0], 0)
		}
	}
	j.sites, j.volumes, j.waiting, j.served, j.linked = nil, nil, nil, nil, nil // it was for the links
	clear(j.named)
	clear(j.keeps)
	clear(j.heeding)
	clear(j.boxed)
	clear(j.swarm)
	clear(j.rooted)
	clear(j.starts)
	j.attribute()
	j.args, j.asked = owner.FindCalls(j.docs, j.roles) // by whose they are, too
	j.environment()
	j.sourcing()
	for _, r := range j.roles {
		for _, d := range j.docs {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if d.Of(r) {
				j.readDoc(d, r, 0)
			}
		}
	}
	j.readVaried(ctx)
	j.toldOf()
	j.resumed()
	j.takenFromEnv()
	j.namedOnce()
	j.uploadsNamed()
	j.dumpsNamed()
	j.servedAlone()
	j.linkedByOthers()
	j.defaults()
	j.dockerRoot()
	j.belowRoots()
	return nil
}

// attribute finds out whose each document is, and who starts what.
func (j *project) attribute() {
	j.byBase = doc.ByBase(j.docs)
	j.args, j.asked = owner.FindCalls(j.docs, j.roles)
	found := owner.Attribute(owner.App{
		Package: j.p, Table: j.table, Docs: j.docs, ByBase: j.byBase, Roles: j.roles,
		Aliases: j.aliases, Calls: j.args, Walk: j.walk, WalkWith: j.walkWith,
	})
	for _, v := range j.varied {
		v.Owners = found.OfVaried(v.Base)
		v.Base.Owners = v.Owners
	}
	j.duties, j.running, j.services = found.Duties, found.Running, found.Services()
}

// pythonCommand is what command lines of programs in Python are called.
const pythonCommand = "command.sh"

// readDoc reads a document as what it is.
func (j *project) readDoc(d *doc.Doc, r *doc.Role, nesting int) {
	switch d.Format {
	case reader.Lines:
		if path.Base(d.Node) == "fstab" {
			j.fstab(d, r, d.Text)
			return
		}
		if strings.Contains(d.Text, "[program:") {
			j.startedBySupervisor(d, r)
		}
		j.readSettings(d, r)
	case reader.Shell:
		j.readScript(j.lentTo(d, r), r, nesting)
	case reader.Unit:
		j.readUnit(d, r, nesting)
	case reader.Cron:
		j.readCron(d, r, nesting)
	case reader.Dockerfile:
		j.readDockerfile(d, r)
	case reader.Rsyslog:
		for _, file := range reader.Shipped(d.Text) {
			j.shipped[file] = j.shipped[file] || d.Given == ""
		}
		j.readSettings(d, r)
	case reader.Python:
		d = d.For(r, j.roles)
		j.readSettings(d, r)
		j.modules(d, r)
		j.opened(d, r)
		modules := j.constants(d, r)
		for _, l := range reader.PythonLinks(d.Node, d.Text, modules) {
			j.diskOf(d, r).Symlink(l.At, l.Target)
		}
		for _, s := range reader.PythonCommands(d.Node, d.Text, modules) {
			j.readScript(d.Part(pythonCommand, s.Path, s.Offset, reader.Shell), r, nesting+1)
		}
	case reader.PowerShell:
		j.readSettings(d, r)
		for _, l := range reader.WindowsLinks(d.Text) {
			j.diskOf(d, r).Link(l.At, l.Target)
		}
	case reader.Logrotate:
		j.readRotated(d, r)
	case reader.Nothing, reader.JavaScript:
	case reader.YAML:
		switch {
		case ansible.IsPlaybook(d.Rel, d.Text) && !d.Generated:
			j.readPlaybook(d, r)
		case doc.IsCompose(d):
			j.readCompose(d, r)
		case isKubernetes(d.Text):
			j.readKubernetes(d, r)
			if aboutNode(d.Text) {
				j.readSettings(d, r)
			}
		default:
			j.readSettings(d, r)
		}
	default:
		j.readSettings(d, r)
	}
}

// aboutNode reports whether a document of Kubernetes configures the node itself.
func aboutNode(text string) bool {
	return strings.Contains(text, "kind: ClusterConfiguration") || strings.Contains(text, "kind: MasterConfiguration") || strings.Contains(text, "kind: InitConfiguration") ||
		strings.Contains(text, "kind: KubeletConfiguration")
}

// readRotated notes the logs that a stanza of logrotate is about: that they are
// rotated says that they are written.
func (j *project) readRotated(d *doc.Doc, r *doc.Role) {
	for _, s := range j.settingsOf(d) {
		if kind := j.table.Path(s.Value); kind != known.None {
			j.put(site{doc: d, role: r, path: s.Value, kind: known.Log, sure: validate.Likely, why: "logrotate is told to rotate it", offset: s.Offset, setting: true})
		}
	}
}

// readUnit reads a unit: its commands as scripts, its bind mounts, the rest as
// settings.
func (j *project) readUnit(d *doc.Doc, r *doc.Role, nesting int) {
	var what, where string
	for _, l := range reader.UnitLines(d.Text) {
		switch {
		case strings.HasPrefix(l.Key, "Exec"):
			command := strings.TrimLeft(l.Value, "-@+!:")
			part := d.Part(d.Node, command, l.Offset+len(l.Value)-len(command), reader.Shell)
			dir, at := unitDirectory(d)
			j.runningIn(dir, at, func() { j.readScript(part, r, nesting+1) })
		case l.Key == "Volume": // of a container that systemd runs
			parts := strings.SplitN(l.Value, ":", 3)
			if len(parts) > 1 {
				j.bind(d, r, parts[0], parts[1], strings.Join(parts[2:], ""), "", l.Offset)
			}
		case l.Key == "BindPaths":
			for _, pair := range strings.Fields(l.Value) {
				if from, rest, ok := strings.Cut(pair, ":"); ok {
					to, _, _ := strings.Cut(rest, ":")
					j.diskOf(d, r).Link(to, from)
				}
			}
		case l.Key == "What":
			what = l.Value
		case l.Key == "Where":
			where = l.Value
		}
	}
	if what != "" && where != "" {
		mounted(j.diskOf(d, r), shell.Event{Path: where, From: what})
	}
	j.readSettings(d, r)
}

// readCron reads the commands of a crontab.
func (j *project) readCron(d *doc.Doc, r *doc.Role, nesting int) {
	for _, c := range reader.CronCommands(d.Text) {
		j.readScript(d.Part(d.Node, c.Path, c.Offset, reader.Shell), r, nesting+1)
	}
}

// environment finds the variables that a role's scripts are given: those of
// files that are there to set variables.
func (j *project) environment() {
	for _, r := range j.roles {
		for _, d := range j.docs {
			if d.Format == reader.Shell && !d.Build && !d.Command && d.MeantFor(r) {
				j.export(d, r)
			}
			if d.Format == reader.Dockerfile && d.Of(r) && (d.Owners == nil || !d.Owners.Open) {
				j.imageEnv(d, r)
			}
		}
	}
}

// export takes over what d sets, or what files that it writes set.
func (j *project) export(d *doc.Doc, r *doc.Role) {
	env := doc.IsEnv(d.Node)
	if !env && !(d.Generated && strings.Contains(d.Text, "<<")) {
		return
	}
	events, _ := j.walk(d, r)
	for _, e := range events {
		switch {
		case env && (e.Op == shell.Assign || e.Op == shell.Env):
			set(r, e, d)
			j.fileSets(r, path.Base(d.Node), e, d)
		case e.Op == shell.Content && doc.IsEnv(e.Path) && e.Text != "":
			inner := d.Part(e.Path, e.Text, e.TextAt, reader.Shell)
			inner.Role = r
			j.export(inner, r)
		}
	}
}

// maxVars bounds the environment of a role.
const maxVars = 1000

// set notes a variable that a document sets for a role.
func set(r *doc.Role, e shell.Event, d *doc.Doc) {
	if len(r.Vars) > maxVars || len(r.Vars[e.Name]) >= 4 {
		return
	}
	from := &origin{d, e.At.Offset}
	if o, ok := e.At.Source.(*origin); ok {
		from = o
	}
	for _, v := range r.Vars[e.Name] {
		if v.Text == e.Path {
			return
		}
	}
	r.Vars[e.Name] = append(r.Vars[e.Name], shell.Value{Text: e.Path, At: shell.Place{Source: from}})
}

// fileSets notes that a file sets a variable.
func (j *project) fileSets(r *doc.Role, base string, e shell.Event, d *doc.Doc) {
	if j.sets[r] == nil {
		j.sets[r] = map[string]map[string][]shell.Value{}
	}
	if j.sets[r][base] == nil {
		j.sets[r][base] = map[string][]shell.Value{}
	}
	one := &doc.Role{Role: r.Role, Vars: j.sets[r][base]}
	set(one, e, d)
}

// sourcing finds, for each script, what the scripts that it reads with `.` set.
func (j *project) sourcing() {
	for _, d := range j.docs {
		if d.Format != reader.Shell || d.Command || d.Build {
			continue
		}
		for _, name := range doc.Sources(d.Text) {
			for _, other := range j.byBase[name] {
				if other != d && other.Format == reader.Shell && !doc.IsEnv(other.Node) {
					j.source(d, other)
					j.library[d.File] = append(j.library[d.File], other)
					j.library[other.File] = append(j.library[other.File], d)
				}
			}
		}
	}
}

func (j *project) source(d, other *doc.Doc) {
	for _, r := range j.roles {
		if other.Role != nil && other.Role != r || d.Role != nil && d.Role != r || !d.Owners.Has(r) {
			continue
		}
		vars := &doc.Role{Role: r.Role, Vars: map[string][]shell.Value{}}
		events, _ := j.walk(other, r)
		for _, e := range events {
			if e.Op == shell.Assign || e.Op == shell.Env {
				set(vars, e, other)
				j.fileSets(r, path.Base(other.Node), e, other)
			}
		}
		if j.sourced[d.File] == nil {
			j.sourced[d.File] = map[*doc.Role]map[string][]shell.Value{}
		}
		j.sourced[d.File][r] = merged(j.sourced[d.File][r], vars.Vars)
	}
}
