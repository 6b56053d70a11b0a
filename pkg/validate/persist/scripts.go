package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// maxNesting bounds scripts in scripts.
const maxNesting = 4

// readScript walks a script for a role and notes what it does.
func (j *project) readScript(d *doc.Doc, r *doc.Role, nesting int) {
	events, ok := j.walk(d, r)
	if !ok {
		j.readSettings(lines(d), r)
		return
	}
	for _, e := range events {
		j.event(d, r, e, nesting)
	}
}

// event notes one event of a script.
func (j *project) event(d *doc.Doc, r *doc.Role, e shell.Event, nesting int) {
	if e.Op == shell.Append || e.Op == shell.Write {
		e.Alive = append(slices.Clip(e.Alive), j.awaits(e.Command, r)...)
	}
	if len(e.Alive)+len(e.There) > 0 {
		around := j.needed
		j.needed = needs{slices.Concat(around.alive, e.Alive), slices.Concat(around.there, e.There)}
		defer func() { j.needed = around }()
	}
	switch e.Op {
	case shell.Link:
		j.diskOf(d, r).Symlink(j.linkOf(r, e.Path), j.linkOf(r, e.From))
		if d.Given == "" {
			j.alias(e.Path, e.From)
			j.noteLinked(d, r, e)
		}
		return
	case shell.Bind:
		mounted(j.diskOf(d, r), e)
		return
	case shell.Content:
		j.content(d, r, e, nesting)
		return
	case shell.Script:
		j.nested(d, r, e, nesting)
		return
	case shell.Skipped:
		return
	}
	if d.Build {
		return // the image's own disk, before there is a node
	}
	switch e.Op {
	case shell.Start:
		j.noteStart(d, r, e)
	case shell.Container:
		j.container(d, r, e)
	case shell.Image:
		j.runImage(d, r, e)
	case shell.Swarm:
		j.swarm[r.Itself()] = true
	case shell.Option:
		j.option(d, r, e)
	case shell.Env, shell.Assign:
		j.variable(d, r, e)
	default:
		j.written(d, r, e)
	}
}

// awaits are the daemons without which a script of the project, whose output goes somewhere,
// says nothing.
func (j *project) awaits(command string, r *doc.Role) []string {
	docs := j.byBase[command]
	if len(docs) != 1 || docs[0].Format != reader.Shell || docs[0].Build {
		return nil
	}
	file, err := j.p.Shell(docs[0].Text)
	if err != nil || file == nil {
		return nil
	}
	return shell.Awaits(file, docs[0].Text, j.world(docs[0], r))
}

// mounted notes a mount: of a folder of the node, or of something else.
func mounted(m *disk.Map, e shell.Event) {
	from := e.From
	if strings.HasPrefix(from, "/dev/") || strings.Contains(from, ":/") || !strings.HasPrefix(from, "/") && !strings.HasPrefix(from, "$") {
		from = disk.External
	}
	m.Link(e.Path, from)
}

// diskOf is where the links and mounts of a document count: on the nodes of the role that
// it is read for, since another role may do without; on all nodes where it is not sure whose
// it is, or where it makes the image.
func (j *project) diskOf(d *doc.Doc, r *doc.Role) *disk.Map {
	if d.Given != "" && j.over != nil {
		return j.over
	}
	if o := d.Owners; d.Build || o == nil || o.Open || o.Sure != validate.Certain {
		return j.disk
	}
	return r.Itself().Disk
}

func (j *project) nested(d *doc.Doc, r *doc.Role, e shell.Event, nesting int) {
	if nesting >= maxNesting {
		return
	}
	if e.Name == "sql" {
		j.readSettings(d.Part("script.sql", e.Text, e.TextAt, reader.SQL), r)
		return
	}
	if strings.HasPrefix(e.Name, "python") {
		j.readDoc(d.Part("script.py", e.Text, e.TextAt, reader.Python), r, nesting+1)
		return
	}
	j.readScript(d.Part(d.Node, e.Text, e.TextAt, reader.Shell), r, nesting+1)
}

// content reads what a script writes into a file as that file.
func (j *project) content(d *doc.Doc, r *doc.Role, e shell.Event, nesting int) {
	if nesting >= maxNesting || strings.TrimSpace(e.Text) == "" {
		return
	}
	name := e.Path
	if e.Command != "cat" && j.table.Path(name) != known.None || strings.HasSuffix(name, ".log") {
		return // not a file of settings
	}
	if path.Base(name) == "fstab" {
		j.fstab(d, r, e.Text)
		return
	}
	if !strings.Contains(name, "/") || strings.HasPrefix(name, "$") && !strings.Contains(name, "/") {
		name = d.Node
	}
	if d.Given == "" && d.Pair != nil && !d.Nested && e.Whole && e.Command == "cat" && strings.HasPrefix(name, "/") {
		j.dests[disk.Clean(name)] = true
	}
	inner := d.Part(name, e.Text, e.TextAt, reader.FormatOf(name, e.Text))
	inner.Generated, inner.Nested = true, true
	if e.Vars != nil {
		with := *r
		with.Vars, with.Base = e.Vars, r.Itself()
		r = &with
	}
	j.readDoc(inner, r, nesting+1)
}

// fstab notes bind mounts and mounts of other disks.
func (j *project) fstab(d *doc.Doc, r *doc.Role, text string) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) >= 4 && strings.HasPrefix(f[1], "/") && !strings.HasPrefix(f[0], "#") {
			mounted(j.diskOf(d, r), shell.Event{Path: f[1], From: f[0]})
		}
	}
}

// container judges the node's side of a bind into a container.
func (j *project) container(d *doc.Doc, r *doc.Role, e shell.Event) {
	path, from, offset := j.given(d, e)
	if !strings.ContainsAny(path, "/$.") { // a volume of docker's
		j.seenBy(d, r).Container(e.Inside, "")
		j.ofDocker(d, r, path, e.Inside, offset)
		return
	}
	j.seenBy(d, r).Container(e.Inside, path)
	j.inside = append(j.inside, source{path, r.Itself()})
	j.noteSite(site{doc: d, role: r.Itself(), path: path, offset: offset, from: from, over: j.over})
	if e.Name == "ro" {
		return
	}
	if kind, sure := j.boundFor(path, e.Inside, e.Text); kind != known.Unknown {
		j.put(site{doc: d, role: r, path: path, kind: kind, sure: sure, why: "a container keeps " + e.Inside + " there", offset: offset, from: from})
		if from != nil {
			j.put(site{doc: d, role: r, path: path, kind: kind, sure: sure, why: "a container keeps " + e.Inside + " there", offset: offset})
		}
	}
}

// boundFor is bound; where that does not know, the options of the container's command may say
// what its program keeps there.
func (j *project) boundFor(host, inside, command string) (known.Kind, validate.Confidence) {
	if kind, sure := j.bound(host, inside); kind != known.Unknown || j.table.Path(host) == known.None {
		return kind, sure
	}
	for _, o := range reader.Options(command) {
		m := j.table.Lookup("", j.programIn(command), o.Key)
		if kind, _ := j.weigh(m, o); disk.Under(disk.Clean(o.Value), disk.Clean(inside)) && kind != known.None && kind != known.Unknown {
			return kind, validate.Likely
		}
	}
	return known.Unknown, validate.Guess
}

// programIn is the program that a container runs, by the words of its image and its command;
// "" where the table knows none of them.
func (j *project) programIn(command string) string {
	for _, w := range strings.Fields(command) {
		if name, _, _ := strings.Cut(path.Base(w), ":"); j.table.IsProgram(name) {
			return name
		}
	}
	return ""
}

// bound says what lies in a folder of the node that a container sees.
func (j *project) bound(host, inside string) (known.Kind, validate.Confidence) {
	byHost, byInside := j.table.Path(host), j.table.Inside(inside)
	switch {
	case byInside == known.None, strings.HasPrefix(inside, "/etc/") && (!j.table.Writes(inside) || j.writtenBelow(host)), byHost == known.None && byInside == j.table.Path(inside): // names alone say it
		return known.Unknown, validate.Guess
	case strings.Count(strings.Trim(host, "/"), "/") == 0 && byHost == known.Data:
		return known.Data, validate.Guess // the whole of /data: what is put there is not said
	case byInside != known.Unknown:
		return byInside, validate.Certain
	case byHost != known.Unknown:
		return byHost, validate.Certain
	case j.area(host), strings.HasPrefix(host, "/srv/"), strings.HasPrefix(host, "/mnt/"):
		return known.Data, validate.Likely
	}
	return known.Unknown, validate.Guess
}

// writtenBelow reports whether confd writes a file in a folder: it is one of what programs
// are told.
func (j *project) writtenBelow(dir string) bool {
	for dest := range j.dests {
		if disk.Under(dest, disk.Clean(dir)) {
			return true
		}
	}
	return false
}

func (j *project) option(d *doc.Doc, r *doc.Role, e shell.Event) {
	list := reader.Option(strings.Replace(e.Name, "--cfg:", "--", 1), e.Path)               // Grafana's begin so
	if strings.Contains(e.Path, " ") && strings.HasPrefix(strings.TrimSpace(e.Path), "-") { // --opts "--log /x"
		list = append(list, reader.Options(e.Path)...)
	}
	for _, s := range list {
		if j.table.MootOption(e.Command, s.Key, strings.Fields(e.Text)) {
			continue
		}
		if e.Told && j.table.Lookup("", "", s.Key).Kind != known.Unknown {
			continue
		}
		s.Offset = e.Use.Offset
		before := len(j.sites)
		j.setting(d, r, s, cmpText(e.Command, "?"))
		if len(j.sites) == before {
			continue
		}
		if e.Given != nil {
			j.noteMerely(r, e.Given, j.sites[len(j.sites)-1].unless)
			j.alsoGiven(*j.sites[len(j.sites)-1], e)
		}
	}
}

// alsoGiven notes the variable that an option's value comes from, where that says
// what lies there: it is a place to mend, too.
func (j *project) alsoGiven(s site, e shell.Event) {
	g := e.Given
	if !strings.HasPrefix(s.path, g.Text) || strings.Count(g.Text, "/") < 2 || strings.Contains(g.Text, "$") || j.table.Path(g.Text) != j.table.Path(s.path) {
		return
	}
	s.from = &origin{s.doc, g.At.Offset}
	if o, ok := g.At.Source.(*origin); ok {
		s.from = o
	} else if g.At.Source != nil || g.At.Offset == e.Use.Offset {
		return
	}
	s.path = g.Text
	j.put(s)
}

func cmpText(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// variable judges a variable: one that programs see by its name, any other by
// the options that it holds.
func (j *project) variable(d *doc.Doc, r *doc.Role, e shell.Event) {
	_, from, offset := j.given(d, shell.Event{Path: e.Path, At: e.At, Use: e.Use})
	if e.Op == shell.Assign && !doc.IsEnv(d.Node) {
		from, offset = nil, e.Use.Offset
	}
	note := func(s reader.Setting) {
		before := len(j.sites)
		s.Offset = offset
		j.setting(d, r, s, "")
		for _, s := range j.sites[before:] {
			s.key = e.Name
		}
		if len(j.sites) > before {
			j.sites[len(j.sites)-1].from = from
		}
	}
	if s, ok := reader.Embedded(e.Path); ok && (e.Op == shell.Env || doc.IsEnv(d.Node)) {
		note(s)
		return
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
	if e.Op == shell.Assign && !doc.IsEnv(d.Node) {
		j.noteNamed(d, r, reader.Setting{Key: e.Name, Value: e.Path, Offset: offset}, "")
		return
	}
	for _, p := range reader.Pieces(e.Path) {
		note(reader.Setting{Key: e.Name, Value: p.Path})
	}
}

// alias notes that a command is a link to a script.
func (j *project) alias(at, target string) {
	if !strings.Contains(target, "$") && path.Base(at) != path.Base(target) {
		j.aliases[path.Base(at)] = target
	}
}
