package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/owner"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// runsIt decides whether a site's role runs what the site is of, and how sure that is. Nodes
// have the files of all roles that share their image; so it goes by, in this order:
//
//   - who is seen to run it: the role is one of those, or it does not;
//   - what says that it is for others alone;
//   - whether the role has the file;
//   - whether others are likelier to run it: then it is a guess;
//   - how sure it is that the role has the file.
func (j *project) runsIt(g *group, s *site) (sure validate.Confidence, may bool) {
	if doers := j.doers(s); doers != nil {
		o := s.doc.Owners
		has := o.Has(s.role) || doc.SharesImage(o.Roles, []*doc.Role{s.role})
		return validate.Certain, has && slices.Contains(doers, s.role) && !j.rotatedForOthers(s)
	}
	switch {
	case g.ofOthers(s), j.calledOtherwise(s), j.serverOfOthers(s), j.rotatedForOthers(s), !j.hasIt(g, s):
		return validate.Guess, false
	case j.likelierOfOthers(g, s):
		return validate.Guess, true
	}
	return j.ownership(g, s), true
}

// hasIt reports whether a site's role has the file, as far as that is known.
func (j *project) hasIt(g *group, s *site) bool {
	o := s.doc.Owners
	return o.Has(s.role) || !o.Alone && distinct(g.sites) < j.renders[s.doc.Pair] && !g.asAnOwner(s)
}

// likelierOfOthers reports whether others are likelier to run what a site is of, where nobody
// is seen to.
func (j *project) likelierOfOthers(g *group, s *site) bool {
	return j.calledAfterOther(g, s) || j.ofSomeDaemon(g, s) || j.asleep(s) || j.hangsOnOthers(s) || j.rightForOthers(g, s) || ofEnvironment(s) && g.rightForOwner()
}

// rightForOthers reports whether a setting is right for other roles that have its file, and
// nothing says that this role runs what reads it: it may be there for these.
func (j *project) rightForOthers(g *group, s *site) bool {
	o := s.doc.Owners
	if !s.setting || s.doc.Command || o == nil || isProgram(s.doc) || j.seenInside(s) || j.active(s) {
		return false
	}
	if slices.Contains(o.Start, s.role) || slices.Contains(j.runners(s.doc), s.role) || calledLike(s.role, j.table.Servers(s.doc.Node)) {
		return false
	}
	if s.doc.Pair != nil && distinct(g.sites) < j.renders[s.doc.Pair] || j.asksFor(s.doc, s.role) {
		return false
	}
	return g.rightForOwner()
}

// isProgram reports whether a document is run: what it says is done by those that run it.
func isProgram(d *doc.Doc) bool {
	switch d.Format {
	case reader.Shell, reader.PowerShell, reader.Python, reader.JavaScript:
		return true
	}
	return ansible.IsPlaybook(d.Rel, d.Text) && !d.Nested
}

// ofOthers reports whether a line tells only what is done with files that something else
// writes (it rotates, or shares them), and is right for other roles: it is for these.
func (g *group) ofOthers(s *site) bool {
	return (s.doc.Format == reader.Logrotate || s.doc.Format == reader.Exports) && distinct(g.off) < distinct(g.sites)
}

// rotatedForOthers reports whether logrotate is told of a log that other roles write, and
// this one does not.
func (j *project) rotatedForOthers(s *site) bool {
	if s.doc.Format != reader.Logrotate {
		return false
	}
	at, others := disk.Clean(s.path), false
	for _, w := range j.sites {
		written := disk.Clean(w.path)
		same, _ := path.Match(at, written)
		if within := written == path.Dir(at) && strings.ContainsAny(at, "*?["); w.doc.Format == reader.Logrotate || !same && !within {
			continue
		}
		if !w.doc.Owners.Has(w.role) {
			continue // it is rendered for the role, and is another one's
		}
		if w.role == s.role {
			return false
		}
		others = true
	}
	return others
}

// ownership is how sure it is that a site's role has it at all. What only some
// roles' texts have is there on purpose. What may be any role's is sure if it is
// wrong for each of them.
func (j *project) ownership(g *group, s *site) validate.Confidence {
	o := s.doc.Owners
	switch {
	case o == nil:
		return validate.Certain
	case slices.Contains(o.Idle, s.role):
		return validate.Guess
	case distinct(g.sites) < len(o.Roles), s.doc.Pair != nil && distinct(g.sites) < j.renders[s.doc.Pair]:
		return validate.Certain
	case !o.Open:
		return o.Sure
	case s.doc.Nested && slices.Contains(j.runners(s.doc), s.role):
		return validate.Certain
	case doc.OneImage(j.roles) && j.active(s):
		return validate.Likely
	case j.asksFor(s.doc, s.role):
		return validate.Likely
	case distinct(g.off) == j.judged(o.Roles) && !slices.ContainsFunc(g.off, j.mayLink):
		if o.Sure == validate.Likely {
			return validate.Certain
		}
		return validate.Likely
	case slices.Contains(o.Start, s.role):
		return validate.Likely
	}
	return validate.Guess
}

// asksFor reports whether a template asks for the role that it is rendered for, and has
// an answer for this one: its name, the other one of two, or whatever it is called.
func (j *project) asksFor(d *doc.Doc, r *doc.Role) bool {
	if d.Pair == nil || d.Pair.Source == nil {
		return false
	}
	return slices.ContainsFunc(d.Pair.Source.Files(), func(file string) bool {
		text, ok := j.p.Text(file)
		if !ok || !strings.Contains(text, `"/host/role"`) {
			return false
		}
		return len(j.roles) == 2 || strings.Contains(text, `"`+r.Name+`"`) || printsRole.MatchString(text)
	})
}

// printsRole matches an action that writes the name of the role, in no comment.
var printsRole = lazyregexp.New(`(?m)^[ \t]*[^#;/ \t\n].*\{\{-?[ \t]*getv[ \t]+"/host/role"[ \t]*-?\}\}|^[ \t]*\{\{-?[ \t]*getv[ \t]+"/host/role"`)

// runners are the roles that are told to run the server that a written file is
// of, by its name or its folder's.
func (j *project) runners(d *doc.Doc) []*doc.Role {
	own, _ := owner.OwnNames(d)
	for _, name := range append(append(j.table.Servers(d.Node), own...), path.Base(path.Dir(d.Node))) {
		if some := j.running[name]; some != nil {
			return some
		}
	}
	return nil
}

// active reports whether a site is at work on every node that has its file,
// whatever servers run there: syslog and cron read their files everywhere, and
// confd runs the scripts that it renders.
func (j *project) active(s *site) bool {
	d := s.doc
	switch d.Format {
	case reader.Rsyslog, reader.Cron:
		return d.InImage
	case reader.Shell:
		if doc.IsPeriodic(d.Node) {
			return d.InImage
		}
		return !s.setting && d.Pair != nil && d.Pair.Resource != nil && strings.Contains(d.Pair.Resource.ReloadCmd, path.Base(d.Pair.Resource.Dest))
	}
	return false
}
