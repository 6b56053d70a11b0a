package persist

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// noteSet notes that something tells a role where a server puts what a setting is
// about.
func (j *project) noteSet(r *doc.Role, key string) {
	r = r.Itself()
	if j.told[r] == nil {
		j.told[r] = map[string]bool{}
	}
	j.told[r][key] = true
}

// noteMerely notes that a variable of a file is what a server is told as a default: it
// counts where the setting unless says nothing.
func (j *project) noteMerely(r *doc.Role, given *shell.Value, unless string) {
	o, ok := given.At.Source.(*origin)
	if !ok || unless == "" {
		return
	}
	r = r.Itself()
	if j.merely[r] == nil {
		j.merely[r] = map[string]string{}
	}
	j.merely[r][lineOf(o.doc, o.offset)] = unless
}

// lineOf names a line of a file.
func lineOf(d *doc.Doc, offset int) string {
	p := d.Pos(offset)
	return p.File + ":" + strconv.Itoa(p.Line)
}

// overridden reports whether a setting says otherwise than a site, which is a default.
func (j *project) overridden(s *site) bool {
	unless := s.unless
	if unless == "" && s.setting {
		unless = j.merely[s.role][lineOf(s.doc, s.offset)]
	}
	return unless != "" && j.told[s.role][unless]
}

// toldAny reports whether something tells some role a setting: daemons of one product
// share their files, or have each their own.
func (j *project) toldAny(key string) bool {
	return slices.ContainsFunc(j.roles, func(r *doc.Role) bool { return j.told[r][key] })
}

// defaults notes the places that servers choose where nothing tells them another: of those
// whose main configuration file a role has, whole, and of those that it starts.
func (j *project) defaults() {
	list := j.table.Defaults()
	for _, r := range j.roles {
		for i := range list {
			for k := range list[i].Puts {
				d := putting{j, r, &list[i], &list[i].Puts[k]}
				if !d.byFiles() {
					d.byStarts()
				}
			}
		}
	}
}

// putting is a role and something that a server puts somewhere of its own accord.
type putting struct {
	*project
	role   *doc.Role
	server *known.Default
	*known.Put
}

// byFiles notes the place by the server's configuration files, and reports whether
// there are any for the role: these tell it all.
func (p *putting) byFiles() bool {
	found := false
	for _, d := range p.docs {
		if d.Build || d.Command || d.Pair == nil && !strings.HasPrefix(d.Node, "/") || !d.Of(p.role) || !p.server.Configures(d.Node) {
			continue
		}
		found = true
		open := d.Owners != nil && d.Owners.Open && (p.Why == "" || !d.InImage)
		if open || !p.Whole(d.Text) || p.Told(d.Text) || p.isTold(nil) || p.included(d) {
			continue
		}
		if at := p.belowFile(d); at != "" {
			p.note(d, p.Offset(d.Text), at, validate.Certain)
		}
	}
	return found
}

// belowFile is the place, as the server of a configuration file has it: what is relative
// lies in the folder of its program.
func (p *putting) belowFile(d *doc.Doc) string {
	home := serverHome(strings.ReplaceAll(d.Node, `\`, "/"))
	rest, inHome := strings.CutPrefix(p.Path, "$home/")
	switch {
	case inHome && home != "":
		return home + "/" + rest
	case inHome, p.Packaged && home != "", p.isRelative():
		return ""
	}
	return p.Path
}

// isRelative reports whether the place lies in the folder that the server runs in.
func (p *putting) isRelative() bool {
	return !strings.HasPrefix(p.Path, "/") && !strings.HasPrefix(p.Path, "$")
}

// byStarts notes the place by what the role starts.
func (p *putting) byStarts() {
	if len(p.server.Starts) == 0 || p.Has != "" && p.server.Files == nil {
		return
	}
	for i := range p.starts[p.role] {
		s := &p.starts[p.role][i]
		if !p.server.StartedBy(s.name, s.launcher, path.Join(s.folder, s.launcher)) || !p.Asks(s.args) || s.hasUnknownWords(p.role) {
			continue
		}
		at := p.belowStart(s)
		if at == "" || p.isTold(s) || p.Among != "" && !p.speaksOf(p.Among) {
			continue
		}
		sure, by := validate.Guess, &origin{s.doc, s.offset}
		if p.isRelative() && s.saidAt != nil {
			by = s.saidAt
		}
		if p.isRelative() || p.isShown(s) { // all is on the command line
			sure = validate.Certain
		}
		p.note(by.doc, by.offset, at, sure)
		return
	}
}

// belowStart is the place, as what is started has it; "" where that cannot be told.
func (p *putting) belowStart(s *start) string {
	own := s.home() != ""
	switch {
	case strings.HasPrefix(p.Path, "$home/"):
		if own {
			return s.below(p.Path)
		}
	case strings.HasPrefix(p.Path, "$"):
		if !s.isManaged() {
			return s.below(p.Path)
		}
	case strings.HasPrefix(p.Path, "/"):
		if packaged := p.isUnseen(p.role, s) || !s.isManaged() && !own; packaged || !p.Packaged && !s.isManaged() {
			return p.Path
		}
	case strings.HasPrefix(s.runsIn, "/"):
		return path.Join(s.runsIn, p.Path)
	}
	return ""
}

// note puts the place down. It is a default: nobody has said that it is to be there.
func (p *putting) note(d *doc.Doc, offset int, at string, sure validate.Confidence) {
	if p.Guess {
		sure = validate.Guess
	}
	why := p.Why
	if why == "" {
		why = p.server.Name + " is started and nothing sets " + p.Missing() + ": by default it writes " + p.Path
	}
	p.put(site{
		doc: d, role: p.role, path: at, kind: p.Kind, sure: sure, offset: offset, setting: true, why: why,
		asked: p.Why != "", untold: true, server: p.server.Name, key: p.Missing(),
	})
}

// isTold reports whether something else than the server's configuration file tells the role
// where it is put; s is how the server is started, if that is what shows it.
func (p *putting) isTold(s *start) bool {
	if p.Overridden(p.told[p.role]) {
		return true
	}
	variables, clean := p.Variables(), strings.TrimSuffix(p.Path, "/")
	return slices.ContainsFunc(p.docs, func(d *doc.Doc) bool {
		if !d.Build && !d.Of(p.role) {
			return false
		}
		if slices.ContainsFunc(variables, func(name string) bool { return setsVariable(d.Text, name) }) {
			return true
		}
		if s == nil {
			return false
		}
		return slices.Contains(p.Beside, path.Base(d.Node)) || len(clean) > 4 && edits(d.Text, clean)
	})
}

// setsVariable reports whether a line of a text, which is no comment, sets a variable.
func setsVariable(text, name string) bool {
	for rest, from := text, 0; ; {
		at := strings.Index(rest, name)
		if at < 0 {
			return false
		}
		begin, after := from+at, rest[at+len(name):]
		alone := begin == 0 || !doc.OfWord(text[begin-1]) && text[begin-1] != '$' && text[begin-1] != '{'
		line := strings.TrimSpace(text[strings.LastIndexByte(text[:begin], '\n')+1 : begin])
		if after != "" && alone && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, ";") && (strings.IndexByte("=:", after[0]) >= 0 || after[0] == ' ' && strings.HasSuffix(line, "ENV")) {
			return true
		}
		from, rest = begin+len(name), after
	}
}

// editing matches a line that changes what stands in a file.
var editing = lazyregexp.New(`\b(?:sed|perl|crudini|augtool|awk|lineinfile|replace|regexp|augeas|confset|usermod)\b`)

// edits reports whether a text changes a path where it stands in files.
func edits(text, p string) bool {
	for line := range strings.Lines(text) {
		if strings.Contains(strings.ReplaceAll(line, `\/`, "/"), p) && editing.MatchString(line) {
			return true
		}
	}
	return false
}

// speaksOf reports whether a file of the role's has a word.
func (p *putting) speaksOf(word string) bool {
	return slices.ContainsFunc(p.docs, func(d *doc.Doc) bool {
		return (d.Build || d.Of(p.role)) && !d.Command && (strings.Contains(d.Text, word) || strings.Contains(d.Node, word))
	})
}

// isShown reports whether the repository shows how the server is set up: it makes the image
// with it, or has files of its configuration. What these do not say is as it comes; else
// a file may say it that the repository does not have.
func (p *putting) isShown(s *start) bool {
	names := p.names()
	named := func(word string) bool { return slices.Contains(names, word) }
	return slices.ContainsFunc(p.docs, func(d *doc.Doc) bool {
		switch {
		case d.Command:
			return false
		case d.Build || ansible.IsPlaybook(d.Rel, d.Text) || installing.MatchString(d.Text):
			return slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(d.Text), notInPackage), func(word string) bool {
				return slices.ContainsFunc(names, func(name string) bool { return word == name || strings.HasPrefix(word, name+"-") })
			})
		case !d.Of(p.role) || d.Format == reader.Shell && !doc.IsEnv(d.Node) || d.Format == reader.Unit || d.Format == reader.Logrotate || d.Format == reader.Python || d.Format == reader.Cron:
			return false
		}
		return s.hasIn(d) || slices.ContainsFunc(p.table.Servers(d.Node), named) || slices.ContainsFunc(strings.Split(strings.ToLower(path.Dir(d.Node)), "/"), named)
	})
}

// names are what the server is called: as a product, and as services.
func (p *putting) names() []string {
	out := []string{strings.ToLower(p.server.Name)}
	for _, name := range p.server.Starts {
		if !strings.ContainsAny(name, "*/") {
			out = append(out, name)
		}
	}
	return out
}

// installing matches what scripts install packages with.
var installing = lazyregexp.New(`\b(?:yum|dnf|apt|apt-get|apk|zypper)[ \t]+(?:-\S+[ \t]+)*(?:install|add)\b`)

// notInPackage reports whether a character ends the name of a package.
func notInPackage(c rune) bool {
	return c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9')
}

// included reports whether a file reads others that are not here, which may say
// more.
func (j *project) included(d *doc.Doc) bool {
	return strings.Contains(d.Text, "!include") && d.Pair == nil
}
