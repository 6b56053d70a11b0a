package persist

import (
	"context"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// collect reads every document for every role that it may belong to. What makes
// the image goes first, since it says what is linked to what; then what sets
// variables for others.
func (j *project) collect(ctx context.Context) error {
	for _, d := range j.docs {
		if d.build {
			j.readDoc(d, j.roles[0], 0)
		}
	}
	j.sites, j.volumes, j.waiting, j.served = nil, nil, nil, nil // it was for the links
	clear(j.named)
	clear(j.keeps)
	clear(j.heeding)
	j.attribute()
	clear(j.args)
	j.calls()
	j.environment()
	j.sourcing()
	for _, r := range j.roles {
		for _, d := range j.docs {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if d.of(r) {
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
	j.defaults()
	j.dockerRoot()
	return nil
}

// pythonCommand is what command lines of programs in Python are called.
const pythonCommand = "command.sh"

// readDoc reads a document as what it is.
func (j *project) readDoc(d *doc, r *role, nesting int) {
	switch d.format {
	case reader.Lines:
		if path.Base(d.node) == "fstab" {
			j.fstab(d, d.text)
			return
		}
		j.readSettings(d, r)
	case reader.Shell:
		j.readScript(d, r, nesting)
	case reader.Unit:
		j.readUnit(d, r, nesting)
	case reader.Cron:
		j.readCron(d, r, nesting)
	case reader.Dockerfile:
		j.readDockerfile(d, r)
	case reader.Rsyslog:
		for _, file := range reader.Shipped(d.text) {
			j.shipped[file] = j.shipped[file] || d.given == ""
		}
		j.readSettings(d, r)
	case reader.Python:
		j.readSettings(d, r)
		j.modules(d, r)
		j.opened(d, r)
		modules := j.constants(d, r)
		for _, l := range reader.PythonLinks(d.node, d.text, modules) {
			j.diskFor(d).Symlink(l.At, l.Target)
		}
		for _, s := range reader.PythonCommands(d.node, d.text, modules) {
			j.readScript(d.part(pythonCommand, s.Path, s.Offset, reader.Shell), r, nesting+1)
		}
	case reader.PowerShell:
		j.readSettings(d, r)
		for _, l := range reader.WindowsLinks(d.text) {
			j.diskFor(d).Link(l.At, l.Target)
		}
	case reader.Logrotate:
		j.readRotated(d, r)
	case reader.Nothing, reader.JavaScript:
	case reader.YAML:
		switch {
		case isPlaybook(d.rel, d.text) && !d.generated:
			j.readPlaybook(d, r)
		case isCompose(d):
			j.readCompose(d, r)
		case isKubernetes(d.text):
			j.readKubernetes(d, r)
			if aboutNode(d.text) {
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
func (j *project) readRotated(d *doc, r *role) {
	for _, s := range j.settingsOf(d) {
		if kind := j.table.Path(s.Value); kind != known.None {
			j.put(site{doc: d, role: r, path: s.Value, kind: known.Log, sure: validate.Likely, why: "logrotate is told to rotate it", offset: s.Offset, setting: true})
		}
	}
}

// readUnit reads a unit: its commands as scripts, its bind mounts, the rest as
// settings.
func (j *project) readUnit(d *doc, r *role, nesting int) {
	var what, where string
	for _, l := range reader.UnitLines(d.text) {
		switch {
		case strings.HasPrefix(l.Key, "Exec"):
			command := strings.TrimLeft(l.Value, "-@+!:")
			j.readScript(d.part(d.node, command, l.Offset+len(l.Value)-len(command), reader.Shell), r, nesting+1)
		case l.Key == "Volume": // of a container that systemd runs
			parts := strings.SplitN(l.Value, ":", 3)
			if len(parts) > 1 {
				j.bind(d, r, parts[0], parts[1], strings.Join(parts[2:], ""), l.Offset)
			}
		case l.Key == "BindPaths":
			for _, pair := range strings.Fields(l.Value) {
				if from, rest, ok := strings.Cut(pair, ":"); ok {
					to, _, _ := strings.Cut(rest, ":")
					j.diskFor(d).Link(to, from)
				}
			}
		case l.Key == "What":
			what = l.Value
		case l.Key == "Where":
			where = l.Value
		}
	}
	if what != "" && where != "" {
		mounted(j.disk, shell.Event{Path: where, From: what})
	}
	j.readSettings(d, r)
}

// readCron reads the commands of a crontab.
func (j *project) readCron(d *doc, r *role, nesting int) {
	offset := 0
	for line := range strings.Lines(d.text) {
		if command, at := cronCommand(line); command != "" {
			j.readScript(d.part(d.node, command, offset+at, reader.Shell), r, nesting+1)
		}
		offset += len(line)
	}
}

// cronCommand is what a line of a crontab runs: what is behind five fields of
// time (and the user, in the system's own).
func cronCommand(line string) (string, int) {
	body := strings.TrimSpace(line)
	if body == "" || body[0] == '#' || body[0] != '@' && body[0] != '*' && (body[0] < '0' || body[0] > '9') {
		return "", 0
	}
	fields := 5
	if body[0] == '@' {
		fields = 1
	}
	rest := body
	for range fields {
		i := strings.IndexAny(rest, " \t")
		if i < 0 {
			return "", 0
		}
		rest = strings.TrimLeft(rest[i:], " \t")
	}
	if word, after, ok := strings.Cut(rest, " "); ok && !strings.ContainsAny(word, "/.=") {
		if trimmed := strings.TrimSpace(after); strings.HasPrefix(trimmed, "/") || word == "root" {
			rest = trimmed // the user
		}
	}
	return rest, strings.Index(line, rest)
}

// environment finds the variables that a role's scripts are given: those of
// files that are there to set variables.
func (j *project) environment() {
	for _, r := range j.roles {
		for _, d := range j.docs {
			if d.format == reader.Shell && !d.build && !d.command && d.of(r) {
				j.export(d, r)
			}
			if d.format == reader.Dockerfile && d.of(r) && (d.owners == nil || !d.owners.open) {
				j.imageEnv(d, r)
			}
		}
	}
}

// export takes over what d sets, or what files that it writes set.
func (j *project) export(d *doc, r *role) {
	env := isEnv(d.node)
	if !env && !(d.generated && strings.Contains(d.text, "<<")) {
		return
	}
	events, _ := j.walk(d, r)
	for _, e := range events {
		switch {
		case env && (e.Op == shell.Assign || e.Op == shell.Env):
			r.set(e, d)
			j.fileSets(r, path.Base(d.node), e, d)
		case e.Op == shell.Content && isEnv(e.Path) && e.Text != "":
			inner := d.part(e.Path, e.Text, e.TextAt, reader.Shell)
			inner.role = r
			j.export(inner, r)
		}
	}
}

// maxVars bounds the environment of a role.
const maxVars = 1000

func (r *role) set(e shell.Event, d *doc) {
	if len(r.vars) > maxVars || len(r.vars[e.Name]) >= 4 {
		return
	}
	from := &origin{d, e.At.Offset}
	if o, ok := e.At.Source.(*origin); ok {
		from = o
	}
	for _, v := range r.vars[e.Name] {
		if v.Text == e.Path {
			return
		}
	}
	r.vars[e.Name] = append(r.vars[e.Name], shell.Value{Text: e.Path, At: shell.Place{Source: from}})
}

// fileSets notes that a file sets a variable.
func (j *project) fileSets(r *role, base string, e shell.Event, d *doc) {
	if j.sets[r] == nil {
		j.sets[r] = map[string]map[string][]shell.Value{}
	}
	if j.sets[r][base] == nil {
		j.sets[r][base] = map[string][]shell.Value{}
	}
	one := &role{Role: r.Role, vars: j.sets[r][base]}
	one.set(e, d)
}

// sourcing finds, for each script, what the scripts that it reads with `.` set.
func (j *project) sourcing() {
	for _, d := range j.docs {
		if d.format != reader.Shell || d.command || d.build {
			continue
		}
		for _, name := range sources(d.text) {
			for _, other := range j.byBase[name] {
				if other != d && other.format == reader.Shell && !isEnv(other.node) {
					j.source(d, other)
					j.library[d.file] = append(j.library[d.file], other)
					j.library[other.file] = append(j.library[other.file], d)
				}
			}
		}
	}
}

func (j *project) source(d, other *doc) {
	for _, r := range j.roles {
		if other.role != nil && other.role != r || d.role != nil && d.role != r || !d.owners.has(r) {
			continue
		}
		vars := &role{Role: r.Role, vars: map[string][]shell.Value{}}
		events, _ := j.walk(other, r)
		for _, e := range events {
			if e.Op == shell.Assign || e.Op == shell.Env {
				vars.set(e, other)
				j.fileSets(r, path.Base(other.node), e, other)
			}
		}
		if j.sourced[d.file] == nil {
			j.sourced[d.file] = map[*role]map[string][]shell.Value{}
		}
		j.sourced[d.file][r] = merged(j.sourced[d.file][r], vars.vars)
	}
}
