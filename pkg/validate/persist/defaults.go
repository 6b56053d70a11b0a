package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

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
		if !p.isStarted(p.role) && slices.ContainsFunc(p.roles, p.isStarted) {
			continue // the file is there for others
		}
		open := d.Owners != nil && d.Owners.Open && (p.Why == "" || !d.InImage)
		if open || !p.Whole(d.Text) || p.Told(d.Text) || p.included(d) {
			continue
		}
		if at := p.belowFile(d); at != "" && !p.isTold(at, nil) {
			p.note(origin{d, p.Offset(d.Text)}, nil, at, validate.Certain, p.isStarted(p.role))
		}
	}
	return found
}

// isStarted reports whether a role is seen to start the server.
func (p *putting) isStarted(r *doc.Role) bool {
	return slices.ContainsFunc(p.starts[r], func(s start) bool { return p.server.StartedBy(s.name, s.launcher, s.program()) })
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
	if len(p.server.Starts) == 0 || p.Why != "" { // that is for a line of a file
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

// included reports whether a file reads others that are not here, which may say
// more.
func (j *project) included(d *doc.Doc) bool {
	return strings.Contains(d.Text, "!include") && d.Pair == nil
}
