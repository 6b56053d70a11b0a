package persist

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
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
		if open || !p.Whole(d.Text) || p.Told(d.Text) || p.included(d) {
			continue
		}
		if at := p.belowFile(d); at != "" && !p.isTold(at, nil) {
			p.note(origin{d, p.Offset(d.Text)}, nil, at, validate.Certain, p.isStarted())
		}
	}
	return found
}

// isStarted reports whether the role is seen to start the server.
func (p *putting) isStarted() bool {
	return slices.ContainsFunc(p.starts[p.role], func(s start) bool { return p.server.StartedBy(s.name, s.launcher, s.program()) })
}

// belowFile is the place, as the server of a configuration file has it: what is relative
// lies in the folder of its program, or in the one that it runs in. "" where it has none.
func (p *putting) belowFile(d *doc.Doc) string {
	home := serverHome(strings.ReplaceAll(d.Node, `\`, "/"))
	rest, inHome := strings.CutPrefix(p.Path, "$home/")
	switch {
	case inHome && home != "":
		return home + "/" + rest
	case inHome, p.Packaged && home != "", strings.Contains(p.Path, "$name"):
		return ""
	case p.isRelative():
		for _, s := range p.starts[p.role] {
			if home != "" && strings.HasPrefix(s.runsIn, "/") && disk.Under(disk.Clean(s.runsIn), home) {
				return path.Join(s.runsIn, p.Path)
			}
		}
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
		if !p.server.StartedBy(s.name, s.launcher, s.program()) || !p.Asks(s.args) || s.hasUnknownWords(p.role) {
			continue
		}
		at := p.belowStart(s)
		if at == "" || p.isTold(at, s) || p.Among != nil && !slices.ContainsFunc(p.Among, p.speaksOf) {
			continue
		}
		sure, by := validate.Guess, origin{s.doc, s.offset}
		if p.isRelative() && s.saidAt != nil {
			by = *s.saidAt
		}
		switch shown := p.isRelative() || p.isShown(s); { // what is relative is told on the command line alone
		case shown:
			sure = validate.Certain
		case p.role.Container.Type == "docker":
			return // images have it otherwise: they log to the standard output
		}
		p.note(by, s.from, at, sure, true)
		return
	}
}

// belowStart is the place, as what is started has it; "" where that cannot be told.
func (p *putting) belowStart(s *start) string {
	own := s.home() != ""
	switch {
	case strings.HasPrefix(p.Path, "$HOME/"):
		return p.belowUser(s)
	case strings.HasPrefix(p.Path, "$"):
		if !s.isManaged() && !p.isOwn(s) && (own || !strings.HasPrefix(p.Path, "$home/")) {
			return p.belowProgram(s)
		}
	case strings.HasPrefix(p.Path, "/"):
		if packaged := p.isUnseen(p.role, s) || !s.isManaged() && !own; packaged || !p.Packaged && !s.isManaged() {
			return strings.ReplaceAll(p.Path, "$name", s.name)
		}
	case strings.HasPrefix(s.runsIn, "/"):
		return path.Join(s.runsIn, p.Path)
	}
	return ""
}

// isOwn reports whether what is started is a script of the app's own that is called like
// one of the server's: it does not lie where these do.
func (p *putting) isOwn(s *start) bool {
	if s.folder == "." {
		return len(p.byBase[s.launcher]) > 0
	}
	dir := path.Base(s.folder)
	return dir != "bin" && dir != "sbin" && !strings.HasPrefix(s.folder, "$")
}

// belowProgram is a place that begins with the variable of a program's folder: what the role
// is told of it, else where the program that is started lies.
func (p *putting) belowProgram(s *start) string {
	m := ownVariable.FindStringSubmatch(p.Path)
	if m == nil || m[1] == "user.home" {
		return p.Path
	}
	home := ""
	if m[1] != "home" {
		home = p.saidHome(p.role, m[1])
	}
	if home == "" {
		home = s.home()
	}
	if home == "" {
		return p.Path
	}
	return home + "/" + p.Path[len(m[0]):]
}

// asAnother matches what runs a program as another user.
var asAnother = lazyregexp.New(`\b(?:su|sudo|runuser|gosu|User)\b`)

// belowUser is a place in the home of the user that starts something: root's, as all that
// the platform runs is, unless the role is told another one. "" of another user.
func (p *putting) belowUser(s *start) string {
	home := p.saidHome(p.role, "HOME")
	switch {
	case home != "":
	case asAnother.MatchString(s.doc.LineAt(s.offset)) || s.doc.Format == reader.Unit:
		return ""
	default:
		home = "/root"
	}
	return home + strings.TrimPrefix(p.Path, "$HOME")
}

// note puts the place down. It is a default: nobody has said that it is to be there.
func (p *putting) note(by origin, from *origin, at string, sure validate.Confidence, started bool) {
	if p.Guess {
		sure = validate.Guess
	}
	why := p.Why
	if shown := strings.ReplaceAll(p.Path, "$name", strings.TrimSuffix(path.Base(at), path.Ext(at))); why == "" && started {
		why = p.server.Name + " is started and nothing sets " + p.Missing() + ": by default it writes " + shown
	} else if why == "" {
		why = "nothing sets " + p.Missing() + ": by default " + p.server.Name + " writes " + shown
	}
	p.put(site{
		doc: by.doc, role: p.role, path: at, kind: p.Kind, sure: sure, offset: by.offset, from: from, setting: true, why: why,
		asked: p.Why != "", untold: true, server: p.server.Name, key: p.Missing(),
	})
}

// isTold reports whether something else than the server's configuration file tells the role
// where it is put, or says more of that place; s is how the server is started, if that is
// what shows it.
func (p *putting) isTold(at string, s *start) bool {
	if p.Overridden(p.told[p.role]) || p.isNoted(at) {
		return true
	}
	variables, clean := p.Variables(), strings.TrimSuffix(p.Path, "/")
	return slices.ContainsFunc(p.docs, func(d *doc.Doc) bool {
		switch {
		case !d.Build && !d.Of(p.role):
			return false
		case slices.ContainsFunc(variables, func(name string) bool { return setsVariable(d.Text, name) }):
			return true
		case s != nil && s.hasIn(d) && d.Format != reader.Shell && p.Told(d.Text):
			return true
		case slices.Contains(p.Beside, path.Base(d.Node)) && (s == nil || s.home() == "" || s.hasIn(d)):
			return true
		}
		return s != nil && len(clean) > 4 && edits(d.Text, clean)
	})
}

// isNoted reports whether it is known already that the role puts something there.
func (p *putting) isNoted(at string) bool {
	at = disk.Clean(at)
	return slices.ContainsFunc(p.sites, func(s *site) bool {
		return s.role == p.role && !s.untold && disk.Under(disk.Clean(s.path), at)
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

// editing matches a line that changes what stands in files, or takes folders elsewhere.
var editing = lazyregexp.New(`\b(?:sed|perl|crudini|augtool|awk|lineinfile|replace|regexp|cp|mv|rsync)\b`)

// edits reports whether a text changes a path where it stands in files, or takes it elsewhere.
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
// with it, or has the files of its own folder, or those of the system's configuration as
// they lie in the image. What these do not say is as it comes; else a file may say it that
// the repository does not have.
func (p *putting) isShown(s *start) bool {
	tells := func(d *doc.Doc) bool { // what only the environment says stands in a file of the environment
		return p.isSettings(d) && s.hasIn(d) && (doc.IsEnv(d.Node) || len(p.Variables()) < len(p.Unless))
	}
	if slices.ContainsFunc(p.docs, func(d *doc.Doc) bool { return p.installs(d) || tells(d) }) {
		return true
	}
	changed := func(d *doc.Doc) bool { return p.isSettings(d) && p.isOfServer(d) }
	return slices.ContainsFunc(p.docs, p.isInEtc) && slices.ContainsFunc(p.docs, changed)
}

// installs reports whether a document makes an image with the server.
func (p *putting) installs(d *doc.Doc) bool {
	if of := d.Of(p.role) || d.Owners != nil && doc.SharesImage(d.Owners.Roles, []*doc.Role{p.role}); d.Command || !of || !d.Build && !ansible.IsPlaybook(d.Rel, d.Text) && !installing.MatchString(d.Text) {
		return false
	}
	text := strings.ToLower(d.Text)
	if d.Format == reader.Dockerfile { // the server's own image has it otherwise
		_, text, _ = strings.Cut(text, "\n")
	}
	return slices.ContainsFunc(strings.FieldsFunc(text, notInPackage), func(word string) bool {
		return slices.ContainsFunc(p.names(), func(name string) bool { return word == name || strings.HasPrefix(word, name+"-") })
	})
}

// isSettings reports whether a document is a file of settings that the role has.
func (p *putting) isSettings(d *doc.Doc) bool {
	switch d.Format {
	case reader.Unit, reader.Logrotate, reader.Python, reader.Cron, reader.JavaScript:
		return false
	case reader.Shell:
		return !d.Command && d.Of(p.role) && doc.IsEnv(d.Node)
	}
	return !d.Command && d.Of(p.role)
}

// isInEtc reports whether a document is a file of the system's configuration as it lies in
// the role's image.
func (p *putting) isInEtc(d *doc.Doc) bool {
	return d.Pair == nil && d.Of(p.role) && strings.HasPrefix(d.Node, "/etc/") && !strings.HasPrefix(d.Node, "/etc/confd/")
}

// isOfServer reports whether a file is one of the server's by its name, or its folder's.
func (p *putting) isOfServer(d *doc.Doc) bool {
	named := func(word string) bool { return slices.Contains(p.names(), word) }
	return slices.ContainsFunc(p.table.Servers(d.Node), named) || slices.ContainsFunc(strings.Split(strings.ToLower(path.Dir(d.Node)), "/"), named)
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
