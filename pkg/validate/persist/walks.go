package persist

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// maxStatements bounds how much of all scripts is walked.
const maxStatements = 200_000

// walk tells what a script does for a role; ok is false where it is no script.
// Roles for which its variables are the same share the answer.
func (j *project) walk(d *doc.Doc, r *doc.Role) (events []shell.Event, ok bool) {
	file, err := j.p.Shell(d.Text)
	if err != nil || file == nil {
		return nil, false
	}
	return j.walkIn("", file, d.Text, j.world(d, r)), true
}

// walkWith is walk with the functions of a library alone, and with variables where nothing
// else is known to set them: what a script does before it is known whose files are. What
// later walks find of the same text stands elsewhere.
func (j *project) walkWith(d *doc.Doc, r *doc.Role, library []*syntax.File, vars map[string][]shell.Value) []shell.Event {
	file, err := j.p.Shell(d.Text)
	if err != nil || file == nil {
		return nil
	}
	world := j.world(d, r)
	world.Library = library
	more := map[string][]shell.Value{}
	for _, name := range j.scriptOf(file, d.Text).names {
		if values, ok := vars[name]; ok && world.Vars[name] == nil {
			more[name] = values
		}
	}
	if len(more) == 0 {
		return j.walkIn("", file, d.Text, world)
	}
	world.Vars = merged(more, world.Vars)
	return j.walkIn("early\x00", file, d.Text, world)
}

// walkIn is walk in a world; as tells walks apart that look alike.
func (j *project) walkIn(as string, file *syntax.File, text string, world shell.World) []shell.Event {
	id := as + text + "\x00" + j.signature(file, text, world)
	events, ok := j.walked[id]
	if !ok {
		var steps int
		events, steps = shell.Walk(file, text, world, maxStatements-j.steps)
		j.steps += steps
		j.walked[id] = events
	}
	return events
}

// signature is all that a script's walk depends on beside its text.
func (j *project) signature(file *syntax.File, text string, w shell.World) string {
	var b strings.Builder
	s := j.scriptOf(file, text)
	ofRoles, names := s.ofRoles, slices.Clip(s.names)
	for _, f := range w.Library {
		fmt.Fprintf(&b, "\x00%p", f)
		lib := j.libraryOf(f)
		ofRoles, names = ofRoles || lib.ofRoles, append(names, lib.names...)
	}
	if ofRoles {
		b.WriteString(w.Role)
	}
	for _, name := range w.Skip {
		if strings.Contains(text, name) {
			b.WriteString("\x00-" + name)
		}
	}
	if w.Asked != nil {
		b.WriteString("\x00asked " + strings.Join(w.Asked, " "))
	}
	if s.mounts {
		b.WriteString("\x00on " + strings.Join(w.Mounts, " "))
	}
	if slices.Contains(s.names, "0") || slices.Contains(s.names, "BASH_SOURCE") {
		b.WriteString("\x00at " + w.Self)
	}
	for _, base := range s.sources {
		set := w.Files(base)
		for _, name := range s.names {
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

// script is what is asked of a script's text time and again.
type script struct {
	names   []string // the variables that it uses
	sources []string // the scripts that it reads
	ofRoles bool     // it may speak of roles
	mounts  bool     // it may look at what is mounted
}

func (j *project) scriptOf(file *syntax.File, text string) *script {
	s := j.scripts[text]
	if s == nil {
		lower := strings.ToLower(text)
		s = &script{
			names:   shell.Names(file),
			sources: doc.Sources(text),
			mounts:  strings.Contains(text, "mount") || strings.Contains(text, "-d "),
			ofRoles: mayNameRole(lower) || j.namesRoles(lower),
		}
		j.scripts[text] = s
	}
	return s
}

// namesRoles reports whether a text has functions that may be called like a role, or the
// names of several roles.
func (j *project) namesRoles(lower string) bool {
	named := 0
	for _, r := range j.roles {
		name := strings.ToLower(r.Name)
		switch {
		case name == "":
		case strings.Contains(lower, "_"+name):
			return true
		case strings.Contains(lower, name):
			named++
		}
	}
	return named > 1
}

// mayNameRole reports whether a text may have a variable about roles.
func mayNameRole(lower string) bool {
	return strings.Contains(lower, "role") || strings.Contains(lower, "type")
}

// isRole reports whether a word is the name of a role.
func (j *project) isRole(word string) bool {
	return word != "" && slices.ContainsFunc(j.roles, func(r *doc.Role) bool { return strings.EqualFold(r.Name, word) })
}

// libraryOf is what is asked of a script that lends its functions.
func (j *project) libraryOf(file *syntax.File) *script {
	s := j.libraries[file]
	if s == nil {
		s = &script{names: shell.Names(file)}
		syntax.Walk(file, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.Lit:
				s.ofRoles = s.ofRoles || mayNameRole(strings.ToLower(n.Value)) || j.isRole(n.Value)
			case *syntax.SglQuoted:
				s.ofRoles = s.ofRoles || j.isRole(n.Value)
			}
			return true
		})
		j.libraries[file] = s
	}
	return s
}

// lines is d as a file of settings, for what is no script after all.
func lines(d *doc.Doc) *doc.Doc {
	plain := *d
	plain.Format, plain.Node = reader.Lines, "settings.conf"
	return &plain
}

func (j *project) world(d *doc.Doc, r *doc.Role) shell.World {
	w := shell.World{Vars: before(r, d), Role: r.Name, Self: d.Self}
	if service := path.Base(path.Dir(d.Node)) == "init.d"; !service && (d.Pair == nil || d.Owners.Has(r.Itself())) {
		w.Skip = r.Itself().Skip // else it would look as if some roles' texts had less
	}
	if len(j.roles) > 1 {
		for _, other := range j.roles {
			w.Roles = append(w.Roles, other.Name)
		}
	}
	w.Library = j.borrowed(d)
	w.Mounts, w.Others = j.points(r.Itself())
	w.Files = func(base string) map[string][]shell.Value { return j.alteredIn(j.sets[r.Itself()][base]) }
	if own := j.sourced[d.File][r]; len(own) > 0 && !d.Command {
		w.Vars = merged(w.Vars, own)
	}
	if len(j.alter) > 0 && d.Given != "" {
		w.Vars = merged(w.Vars, j.alter)
	}
	if !d.Command && !d.Nested {
		w.Asked = j.asked.Of(d, r.Itself())
	}
	if args := j.args[d.File][r.Itself()]; len(args) > 0 && !d.Command && !d.Nested {
		w.Vars = merged(w.Vars, positional(args))
	}
	return w
}

// before is the environment that a file which sets variables finds: without its own, so
// that what it sets where nothing has is set.
func before(r *doc.Role, d *doc.Doc) map[string][]shell.Value {
	if !doc.IsEnv(d.Node) {
		return r.Vars
	}
	out := make(map[string][]shell.Value, len(r.Vars))
	for name, values := range r.Vars {
		others := slices.DeleteFunc(slices.Clone(values), func(v shell.Value) bool {
			o, ok := v.At.Source.(*origin)
			return ok && o.doc.File == d.File
		})
		if len(others) > 0 {
			out[name] = others
		}
	}
	return out
}

// borrowed are the scripts whose functions d can call.
func (j *project) borrowed(d *doc.Doc) []*syntax.File {
	if d.Command || d.Nested {
		return nil
	}
	var out []*syntax.File
	for _, other := range j.library[d.File] {
		if file, err := j.p.Shell(other.Text); err == nil && file != nil && len(out) < shell.MaxLibrary {
			out = append(out, file)
		}
	}
	return out
}

// points are the mount points of a role, and those of the other roles.
func (j *project) points(r *doc.Role) (own, others []string) {
	for _, m := range r.Mounts {
		own = append(own, disk.Clean(m))
	}
	for _, other := range append(j.roles, &doc.Role{Mounts: []string{"/data"}}) {
		for _, m := range other.Mounts {
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

// positional are arguments as variables: those that are known.
func positional(args []string) map[string][]shell.Value {
	out := map[string][]shell.Value{}
	for i, a := range args[:min(len(args), 9)] {
		if a != "" {
			out[strconv.Itoa(i+1)] = []shell.Value{{Text: a}}
		}
	}
	return out
}
