package persist

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// maxNesting bounds scripts in scripts.
const maxNesting = 4

// readScript walks a script for a role and notes what it does.
func (j *project) readScript(d *doc, r *role, nesting int) {
	events, ok := j.walk(d, r)
	if !ok {
		j.readSettings(lines(d), r)
		return
	}
	for _, e := range events {
		j.event(d, r, e, nesting)
	}
}

// maxStatements bounds how much of all scripts is walked.
const maxStatements = 200_000

// walk tells what a script does for a role; ok is false where it is no script.
// Roles for which its variables are the same share the answer.
func (j *project) walk(d *doc, r *role) (events []shell.Event, ok bool) {
	file, err := j.p.Shell(d.text)
	if err != nil || file == nil {
		return nil, false
	}
	world := j.world(d, r)
	id := d.text + "\x00" + j.signature(file, d.text, world)
	events, ok = j.walked[id]
	if !ok {
		var steps int
		events, steps = shell.Walk(file, d.text, world, maxStatements-j.steps)
		j.steps += steps
		j.walked[id] = events
	}
	return events, true
}

// signature is all that a script's walk depends on beside its text.
func (j *project) signature(file *syntax.File, text string, w shell.World) string {
	var b strings.Builder
	if strings.Contains(strings.ToLower(text), "role") || strings.Contains(strings.ToLower(text), "type") {
		b.WriteString(w.Role)
	}
	for _, name := range w.Skip {
		if strings.Contains(text, name) {
			b.WriteString("\x00-" + name)
		}
	}
	names, ok := j.names[text]
	if !ok {
		names = shell.Names(file)
		j.names[text] = names
	}
	if strings.Contains(text, "mount") || strings.Contains(text, "-d ") {
		b.WriteString("\x00on " + strings.Join(w.Mounts, " "))
	}
	if slices.Contains(names, "0") || slices.Contains(names, "BASH_SOURCE") {
		b.WriteString("\x00at " + w.Self)
	}
	for _, base := range sources(text) {
		set := w.Files(base)
		for _, name := range names {
			for _, v := range set[name] {
				b.WriteString("\x00" + base + ":" + name + "=" + v.Text)
			}
		}
	}
	for _, name := range names {
		for _, v := range w.Vars[name] {
			b.WriteString("\x00" + name + "=" + v.Text)
		}
	}
	return b.String()
}

// lines is d as a file of settings, for what is no script after all.
func lines(d *doc) *doc {
	plain := *d
	plain.format, plain.node = reader.Lines, "settings.conf"
	return &plain
}

func (j *project) world(d *doc, r *role) shell.World {
	w := shell.World{Vars: r.vars, Role: r.Name, Skip: r.itself().skip, Self: d.self}
	if len(j.roles) > 1 {
		for _, other := range j.roles {
			w.Roles = append(w.Roles, other.Name)
		}
	}
	w.Mounts, w.Others = j.points(r.itself())
	w.Files = func(base string) map[string][]shell.Value { return j.sets[r.itself()][base] }
	if own := j.sourced[d.file][r]; len(own) > 0 && !d.command {
		w.Vars = merged(r.vars, own)
	}
	if args := j.args[d.file][r.itself()]; len(args) > 0 && !d.command && !d.nested {
		w.Vars = merged(w.Vars, positional(args))
	}
	return w
}

// points are the mount points of a role, and those of the other roles.
func (j *project) points(r *role) (own, others []string) {
	for _, m := range r.mounts {
		own = append(own, disk.Clean(m))
	}
	for _, other := range append(j.roles, &role{mounts: []string{"/data"}}) {
		for _, m := range other.mounts {
			if m = disk.Clean(m); !slices.Contains(own, m) && !slices.Contains(others, m) {
				others = append(others, m)
			}
		}
	}
	return own, others
}

func merged(a, b map[string][]shell.Value) map[string][]shell.Value {
	out := make(map[string][]shell.Value, len(a)+len(b))
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		out[k] = v
	}
	return out
}

// event notes one event of a script.
func (j *project) event(d *doc, r *role, e shell.Event, nesting int) {
	switch e.Op {
	case shell.Link:
		j.disk.Symlink(e.Path, e.From)
		j.alias(e.Path, e.From)
		return
	case shell.Bind:
		j.mounted(e)
		return
	case shell.Content:
		j.content(d, r, e, nesting)
		return
	case shell.Script:
		j.nested(d, r, e, nesting)
		return
	}
	if d.build {
		return // the image's own disk, before there is a node
	}
	switch e.Op {
	case shell.Container:
		j.container(d, r, e)
	case shell.Option:
		j.option(d, r, e)
	case shell.Env, shell.Assign:
		j.variable(d, r, e)
	default:
		j.written(d, r, e)
	}
}

// mounted notes a mount: of a folder of the node, or of something else.
func (j *project) mounted(e shell.Event) {
	from := e.From
	if strings.HasPrefix(from, "/dev/") || strings.Contains(from, ":/") || !strings.HasPrefix(from, "/") && !strings.HasPrefix(from, "$") {
		from = disk.External
	}
	j.disk.Link(e.Path, from)
}

func (j *project) nested(d *doc, r *role, e shell.Event, nesting int) {
	if nesting >= maxNesting {
		return
	}
	if strings.HasPrefix(e.Name, "python") {
		j.readSettings(d.part("script.py", e.Text, e.TextAt, reader.Python), r)
		return
	}
	j.readScript(d.part(d.node, e.Text, e.TextAt, reader.Shell), r, nesting+1)
}

// content reads what a script writes into a file as that file.
func (j *project) content(d *doc, r *role, e shell.Event, nesting int) {
	if nesting >= maxNesting || strings.TrimSpace(e.Text) == "" {
		return
	}
	name := e.Path
	if e.Command != "cat" && j.table.Path(name) != known.None || strings.HasSuffix(name, ".log") {
		return // not a file of settings
	}
	if path.Base(name) == "fstab" {
		j.fstab(e.Text)
		return
	}
	if !strings.Contains(name, "/") || strings.HasPrefix(name, "$") && !strings.Contains(name, "/") {
		name = d.node
	}
	if d.pair != nil && !d.nested && e.Whole && e.Command == "cat" && strings.HasPrefix(name, "/") {
		j.dests[disk.Clean(name)] = true
	}
	inner := d.part(name, e.Text, e.TextAt, reader.FormatOf(name, e.Text))
	inner.generated, inner.nested = true, true
	if e.Vars != nil {
		with := *r
		with.vars, with.base = e.Vars, r.itself()
		r = &with
	}
	j.readDoc(inner, r, nesting+1)
}

// fstab notes bind mounts and mounts of other disks.
func (j *project) fstab(text string) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) >= 4 && strings.HasPrefix(f[1], "/") && !strings.HasPrefix(f[0], "#") {
			j.mounted(shell.Event{Path: f[1], From: f[0]})
		}
	}
}

// container judges the node's side of a bind into a container.
func (j *project) container(d *doc, r *role, e shell.Event) {
	path, from, offset := j.given(d, e)
	j.disk.Container(e.Inside, path)
	j.inside = append(j.inside, path)
	if kind, sure := j.bound(path, e.Inside); kind != known.Unknown {
		j.put(site{doc: d, role: r, path: path, kind: kind, sure: sure, why: "a container keeps " + e.Inside + " there", offset: offset, from: from})
		if from != nil {
			j.put(site{doc: d, role: r, path: path, kind: kind, sure: sure, why: "a container keeps " + e.Inside + " there", offset: offset})
		}
	}
}

// bound says what lies in a folder of the node that a container sees.
func (j *project) bound(host, inside string) (known.Kind, validate.Confidence) {
	byHost, byInside := j.table.Path(host), j.table.Inside(inside)
	switch {
	case byHost == known.None || byInside == known.None || strings.HasPrefix(inside, "/etc/"):
		return known.Unknown, validate.Guess
	case strings.Count(strings.Trim(host, "/"), "/") == 0 && byHost == known.Data:
		return known.Data, validate.Guess // the whole of /data: what is put there is not said
	case byInside != known.Unknown:
		return byInside, validate.Certain
	case byHost != known.Unknown:
		return byHost, validate.Certain
	case j.area(host):
		return known.Data, validate.Likely
	}
	return known.Unknown, validate.Guess
}

func (j *project) option(d *doc, r *role, e shell.Event) {
	for _, s := range reader.Option(e.Name, e.Path) {
		if e.Told && j.table.Lookup("", "", s.Key).Kind != known.Unknown {
			continue
		}
		s.Offset = e.Use.Offset
		j.setting(d, r, s, cmpText(e.Command, "?"))
	}
}

func cmpText(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// variable judges a variable: one that programs see by its name, any other by
// the options that it holds.
func (j *project) variable(d *doc, r *role, e shell.Event) {
	_, from, offset := j.given(d, shell.Event{Path: e.Path, At: e.At, Use: e.Use})
	if e.Op == shell.Assign && !isEnv(d.node) {
		from, offset = nil, e.Use.Offset
	}
	note := func(s reader.Setting) {
		before := len(j.sites)
		s.Offset = offset
		j.setting(d, r, s, "")
		if len(j.sites) > before {
			j.sites[len(j.sites)-1].from = from
		}
	}
	if options := reader.Options(e.Path); len(options) > 0 {
		known := 0 // those that the variable had before were told where it got them
		if e.Base != nil && strings.HasPrefix(e.Path, e.Base.Text) {
			known = len(reader.Options(e.Base.Text))
		}
		for _, s := range options[min(known, len(options)):] {
			note(s)
		}
		return
	}
	if e.Op == shell.Assign && !isEnv(d.node) {
		return
	}
	for _, p := range reader.Pieces(e.Path) {
		note(reader.Setting{Key: e.Name, Value: p.Path})
	}
}

// isEnv reports whether a file is there to set variables.
func isEnv(name string) bool {
	base := strings.ToLower(path.Base(name))
	switch path.Base(path.Dir(name)) {
	case "default", "sysconfig", "envs", "env", "conf.d":
		return true
	}
	return strings.HasSuffix(base, ".env") || base == "env" || strings.HasSuffix(base, "-env.sh") || base == "setenv.sh" ||
		strings.HasSuffix(base, "_env.sh") || strings.HasSuffix(base, "env.conf") || base == "env.sh" || base == "envvars"
}

// written judges what is made or written.
func (j *project) written(d *doc, r *role, e shell.Event) {
	p, from, offset := j.given(d, e)
	kind, sure := j.output(d, e)
	if kind == known.Unknown || kind == known.None {
		return
	}
	j.put(site{doc: d, role: r, path: p, kind: kind, sure: sure, why: verb(e), offset: offset, from: from, unsure: e.Role})
}

func verb(e shell.Event) string {
	switch e.Op {
	case shell.Mkdir:
		return "a script makes the folder"
	case shell.Touch:
		return "a script makes the file"
	case shell.Copy:
		return "a script copies there"
	}
	if e.Command != "" && e.Command != "echo" {
		return "the output of " + e.Command + " goes there"
	}
	return "a script writes there"
}

// output says what lies at a path that a script makes or writes.
func (j *project) output(d *doc, e shell.Event) (known.Kind, validate.Confidence) {
	kind, area := j.table.Path(e.Path), j.area(e.Path)
	if e.Command == "tar" && e.Op == shell.Write {
		if j.table.Path(path.Dir(e.Path)) == known.Backup {
			return known.Backup, validate.Likely
		}
		return known.None, validate.Guess
	}
	if dumps[e.Command] && (e.Op == shell.Write || e.Op == shell.Append) {
		return known.Backup, validate.Likely
	}
	if kind == known.None {
		return kind, validate.Guess
	}
	switch e.Op {
	case shell.Append, shell.Write:
		return j.stream(d, e, kind, area)
	case shell.Copy:
		if !area || j.table.Path(e.From) == known.None {
			return known.None, validate.Guess
		}
	case shell.Touch:
		if kind == known.Unknown && !area {
			return known.None, validate.Guess
		}
	}
	if kind == known.Unknown && area {
		kind = known.Data
	}
	if area || strings.HasPrefix(e.Path, "/var/log/") {
		return kind, validate.Certain
	}
	return kind, validate.Likely
}

// dumps are programs whose output is a copy of a database.
var dumps = map[string]bool{"mysqldump": true, "pg_dump": true, "pg_dumpall": true, "mongodump": true, "etcdctl": true, "xtrabackup": true, "innobackupex": true, "mariabackup": true, "slapcat": true}

// stream is output for redirections. What confd writes anew at each boot, a
// script that it renders may replace.
func (j *project) stream(d *doc, e shell.Event, kind known.Kind, area bool) (known.Kind, validate.Confidence) {
	switch {
	case kind == known.Log:
		return known.Log, validate.Certain
	case d.generated && e.Op == shell.Write:
		return known.None, validate.Guess
	case kind == known.Backup:
		return known.Backup, validate.Likely
	case area && kind == known.Unknown:
		return known.State, validate.Likely
	case area, e.Op == shell.Append, strings.HasPrefix(e.Path, "/var/lib/"):
		return kind, validate.Likely
	}
	return known.None, validate.Guess
}
