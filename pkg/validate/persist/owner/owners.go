package owner

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// Attribute finds out whose each document is. In order: the only role; what
// appimg.toml says; what only some roles' rendered files name (NODE_CTL=proxy,
// SERVICES=proxy/true); whose commands reach it; what its folder or its own name
// is called like. What all roles reach is everyone's.
func Attribute(from App) *Attribution {
	a := newAttribution(from)
	pairs := map[string]*doc.Owners{}
	for _, d := range a.Docs {
		switch {
		case d.Pair != nil:
			o, ok := pairs[d.Pair.File]
			if !ok {
				o = a.of(d)
				pairs[d.Pair.File] = o
			}
			d.Owners = o
		case d.Command:
			d.Owners = &doc.Owners{Roles: []*doc.Role{d.Role}, Sure: validate.Certain}
		default:
			d.Owners = a.inContainers(d, a.of(d))
			d.Build = d.Build || !a.reached(d) && !d.InImage && buildsImage(d)
			d.ByHand = a.isByHand(d)
		}
	}
	a.runners()
	a.neighbours()
	return a
}

// isByHand reports whether a script of the image is named by nothing in the repository, where
// others are, and is none that the system runs by itself.
func (a *Attribution) isByHand(d *doc.Doc) bool {
	if d.Format != reader.Shell || !d.InImage || d.Build || a.reached(d) || doc.IsPeriodic(d.Node) || doc.IsEnv(d.Node) {
		return false
	}
	switch path.Base(path.Dir(d.Node)) {
	case "init.d", "profile.d", "rc.d", "if-up.d", "docker-entrypoint.d", "dispatcher.d":
		return false
	}
	base := strings.TrimSuffix(path.Base(d.Node), path.Ext(d.Node))
	names := func(other *doc.Doc) bool { return other != d && strings.Contains(other.Text, base) }
	return slices.ContainsFunc(a.Docs, a.isReachedScript) && !slices.ContainsFunc(a.Docs, names)
}

// isReachedScript reports whether a document is a script that some role's commands reach.
func (a *Attribution) isReachedScript(d *doc.Doc) bool {
	return d.Format == reader.Shell && !d.Command && a.reached(d)
}

// runners gives scripts that may be anybody's to the roles whose units and crontabs
// run them.
func (a *Attribution) runners() {
	users := map[*doc.Doc][]*doc.Role{}
	for _, d := range a.Docs {
		if d.Format != reader.Cron && d.Format != reader.Unit || d.Owners == nil {
			continue
		}
		for _, s := range a.named(d) {
			if (s.Format == reader.Shell || s.Format == reader.Python) && s.Owners != nil && !s.Command {
				users[s] = append(users[s], d.Owners.Roles...)
				s.Build = s.Build && s.Nested
			}
		}
	}
	for s, some := range users {
		if some = a.inOrder(some); s.Owners.Open && len(some) < len(a.Roles) {
			s.Owners = &doc.Owners{Roles: some, Sure: validate.Certain}
		}
	}
}

func (a *Attribution) of(d *doc.Doc) *doc.Owners {
	return a.onDuty(d, a.assigned(d))
}

// assigned are the owners of a document by what the repository's layout and its scripts say.
func (a *Attribution) assigned(d *doc.Doc) *doc.Owners {
	if len(a.Roles) == 1 {
		return &doc.Owners{Roles: a.Roles, Sure: a.used(d)}
	}
	if some := a.manifest(d); some != nil {
		if by := doc.Common(some, a.by(d)); len(by) > 0 {
			some = by // one image of several roles
		} else if named := doc.Common(some, a.homeOfImage(d)); len(named) > 0 {
			some = named
		}
		return &doc.Owners{Roles: some, Sure: validate.Certain}
	}
	played := a.played[ansible.RoleFolder(d.Rel)]
	if some := a.copied(d); some != nil {
		played = some
	}
	if len(played) == 1 {
		return &doc.Owners{Roles: played, Sure: validate.Certain}
	}
	o := a.ofProductFolder(d, a.notAtHome(d, a.guess(d)))
	switch {
	case d.Beside && !a.reached(d): // nothing says that a node has it
		return &doc.Owners{Sure: validate.Guess}
	case a.left[ansible.RoleFolder(d.Rel)] && o.Weak:
		return &doc.Owners{Sure: validate.Guess} // no image has it
	case len(played) == len(a.Roles) && o.Open:
		return &doc.Owners{Roles: played, Sure: validate.Certain}
	case len(played) == 0, len(played) == len(a.Roles):
		return o
	}
	switch within := doc.Common(o.Roles, played); {
	case len(within) > 0 && len(within) < len(played):
		return &doc.Owners{Roles: within, Sure: o.Sure}
	case len(within) == 0 && d.Pair == nil && len(a.by(d)) > 0: // their commands run it
		return o
	}
	return &doc.Owners{Roles: played, Sure: validate.Certain}
}

// used says how sure it is that a file is used at all: a script that nothing
// names, and that does not lie where the image's files are, may be left over.
func (a *Attribution) used(d *doc.Doc) validate.Confidence {
	script := d.Format == reader.Shell || d.Format == reader.Python
	if script && d.Pair == nil && !d.InImage && !a.reached(d) {
		return validate.Likely
	}
	return validate.Certain
}

// manifest are the roles of the image that d lies in.
func (a *Attribution) manifest(d *doc.Doc) []*doc.Role {
	img := a.imageOf(d)
	if img == nil || len(img.Roles) == 0 {
		return nil
	}
	var out []*doc.Role
	for _, r := range a.Roles {
		if img.UsedBy(r.Name) {
			out = append(out, r)
		}
	}
	return out
}

func (a *Attribution) imageOf(d *doc.Doc) *app.Image {
	if d.Pair != nil {
		return d.Pair.Image
	}
	var best *app.Image
	for _, img := range a.Package.App.Images {
		dir := img.Dir
		if a.Package.App.Manifest == nil {
			dir = img.RootFS
		}
		if dir != "" && strings.HasPrefix(d.File, dir+"/") && (best == nil || len(dir) > len(best.Dir)) {
			best = img
		}
	}
	return best
}

// buildsImage reports whether a script that nothing reaches is one that makes
// the image.
func buildsImage(d *doc.Doc) bool {
	if d.Format != reader.Shell {
		return false
	}
	dir := path.Dir(d.Rel)
	if _, inRole, ok := strings.Cut(dir, "/files/"); ok && ansible.RoleFolder(d.Rel) != "" {
		dir = inRole // what ansible puts onto the image
	}
	folder := known.Words(dir)
	for i, word := range append(folder, known.Words(path.Base(d.Rel))...) {
		word = strings.TrimRight(word, "0123456789")
		if word == "image" && i < len(folder) {
			continue // what lies in a folder of the image may be its scripts
		}
		switch word {
		case "patches", "install", "build", "setup", "make", "package", "prepare", "compile", "download", "bootstrap", "provision", "packer",
			"create", "deploy", "ci", "release", "push", "pre", "image", "upload", "hack", "patch", "tool", "tools", "dev", "update":
			return true
		}
	}
	return false
}

// OfVaried are the owners of what a pair may be beside what it is by default: those who
// have that.
func (a *Attribution) OfVaried(d *doc.Doc) *doc.Owners {
	if a.byPair == nil {
		a.byPair = map[string]*doc.Owners{}
		for _, other := range a.Docs {
			if other.Pair != nil && !other.Command {
				a.byPair[other.Pair.File] = other.Owners
			}
		}
	}
	o, ok := a.byPair[d.Pair.File]
	if !ok {
		o = a.of(d)
		a.byPair[d.Pair.File] = o
	}
	return o
}
