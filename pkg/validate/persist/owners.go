package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// owners are the roles that a document belongs to.
type owners struct {
	roles []*role
	sure  validate.Confidence
	open  bool    // it is not known: these are all that it may belong to
	weak  bool    // nothing says more than what lies beside it
	alone bool    // no other role gets it, even where it renders differently for one
	idle  []*role // those of which it is not known what they start, where it is of others
}

func (o *owners) has(r *role) bool {
	if o == nil {
		return true
	}
	for _, own := range o.roles {
		if own == r {
			return true
		}
	}
	return false
}

// attribute finds out whose each document is. In order: the only role; what
// appimg.toml says; what only some roles' rendered files name (NODE_CTL=proxy,
// SERVICES=proxy/true); whose commands reach it; what its folder or its own name
// is called like. What all roles reach is everyone's.
func (j *project) attribute() {
	a := newAttribution(j)
	pairs := map[string]*owners{}
	for _, d := range j.docs {
		switch {
		case d.pair != nil:
			o, ok := pairs[d.pair.File]
			if !ok {
				o = a.of(d)
				pairs[d.pair.File] = o
			}
			d.owners = o
		case d.command:
			d.owners = &owners{roles: []*role{d.role}, sure: validate.Certain}
		default:
			d.owners = a.inContainers(d, a.of(d))
			d.build = d.build || !a.reached(d) && !d.inImage && buildsImage(d)
		}
	}
	a.runners()
	a.neighbours()
	a.ownersOfVaried()
	a.findServices()
}

// runners gives scripts that may be anybody's to the roles whose units and crontabs
// run them.
func (a *attribution) runners() {
	users := map[*doc][]*role{}
	for _, d := range a.j.docs {
		if d.format != reader.Cron && d.format != reader.Unit || d.owners == nil {
			continue
		}
		for _, s := range a.named(d) {
			if (s.format == reader.Shell || s.format == reader.Python) && s.owners != nil && !s.command {
				users[s] = append(users[s], d.owners.roles...)
				s.build = s.build && s.nested
			}
		}
	}
	for s, some := range users {
		if some = a.inOrder(some); s.owners.open && len(some) < len(a.j.roles) {
			s.owners = &owners{roles: some, sure: validate.Certain}
		}
	}
}

type attribution struct {
	j           *project
	names       map[string]bool    // names of documents that are worth looking for
	telling     map[string][]*role // names that only some roles' rendered files have
	running     map[string][]*role // services that roles are told to run
	reach       map[*role]map[*doc]bool
	played      map[string][]*role // by ansible role, what playbooks say
	copies      map[string][]*role // by folder or file of the repository, whose image playbooks copy it to
	left        map[string]bool    // ansible roles that nobody gets
	around      map[string][]*role // by folder, the roles whose commands reach something in it
	folders     map[string]bool    // names of ansible roles, made plain
	exact       map[*doc]bool      // those that commands name by their whole path
	dockerfiles map[string]bool    // the folders that have one
	homes       map[string][]*role // by the folder with conf.d and templates
	dockerDirs  map[string]bool    // folders with a Dockerfile that are called like roles
	duties      *duties
	vars        map[*role]map[string][]shell.Value // what files set that confd renders for a role
	together    map[string][]*doc                  // by file, the scripts whose functions it may call
	services    map[string][]*doc                  // by service, what is of it
	loaded      map[*role][]*doc                   // modules that a program was started with, which were not looked at yet
}

func newAttribution(j *project) *attribution {
	a := &attribution{j: j, names: map[string]bool{}, telling: map[string][]*role{}, running: map[string][]*role{}, reach: map[*role]map[*doc]bool{}, folders: map[string]bool{}, exact: map[*doc]bool{}, duties: newDuties(), vars: map[*role]map[string][]shell.Value{}, loaded: map[*role][]*doc{}}
	j.byBase = map[string][]*doc{}
	for _, d := range j.docs {
		d.names = namesOf(d)
		if name := roleFolder(d.rel); name != "" {
			a.folders[plainName(name)] = true
		}
		if !d.command {
			base := strings.TrimSuffix(path.Base(d.node), ".j2")
			j.byBase[base] = append(j.byBase[base], d)
		}
		for _, n := range append(d.names, j.table.Servers(d.node)...) {
			a.names[n] = true
		}
	}
	if len(j.roles) > 1 {
		a.tell()
		a.run()
		for name, some := range a.running {
			for _, r := range some {
				a.duties.add(name, r, false)
			}
		}
		a.played = a.plays()
		j.running = a.running
	}
	j.calls()
	for _, r := range j.roles {
		a.reach[r] = a.walk(r)
	}
	a.atBoot()
	j.duties = a.duties
	return a
}

func (a *attribution) of(d *doc) *owners {
	return a.onDuty(d, a.assigned(d))
}

// assigned are the owners of a document by what the repository's layout and its scripts say.
func (a *attribution) assigned(d *doc) *owners {
	j := a.j
	if len(j.roles) == 1 {
		return &owners{roles: j.roles, sure: a.used(d)}
	}
	if some := a.manifest(d); some != nil {
		if by := both(some, a.by(d)); len(by) > 0 {
			some = by // one image of several roles
		}
		return &owners{roles: some, sure: validate.Certain}
	}
	played := a.played[roleFolder(d.rel)]
	if some := a.copied(d); some != nil {
		played = some
	}
	if len(played) == 1 {
		return &owners{roles: played, sure: validate.Certain}
	}
	o := a.guess(d)
	switch {
	case d.beside && !a.reached(d): // nothing says that a node has it
		return &owners{sure: validate.Guess}
	case a.left[roleFolder(d.rel)] && o.weak:
		return &owners{sure: validate.Guess} // no image has it
	case len(played) == len(j.roles) && o.open:
		return &owners{roles: played, sure: validate.Certain}
	case len(played) == 0, len(played) == len(j.roles):
		return o
	}
	switch within := both(o.roles, played); {
	case len(within) > 0 && len(within) < len(played):
		return &owners{roles: within, sure: o.sure}
	case len(within) == 0 && d.pair == nil && len(a.by(d)) > 0: // their commands run it
		return o
	}
	return &owners{roles: played, sure: validate.Certain}
}

// both are the roles that two lists have in common.
func both(a, b []*role) []*role {
	var out []*role
	for _, r := range a {
		if slices.Contains(b, r) {
			out = append(out, r)
		}
	}
	return out
}

// used says how sure it is that a file is used at all: a script that nothing
// names, and that does not lie where the image's files are, may be left over.
func (a *attribution) used(d *doc) validate.Confidence {
	script := d.format == reader.Shell || d.format == reader.Python
	if script && d.pair == nil && !d.inImage && !a.reached(d) {
		return validate.Likely
	}
	return validate.Certain
}

// manifest are the roles of the image that d lies in.
func (a *attribution) manifest(d *doc) []*role {
	img := a.imageOf(d)
	if img == nil || len(img.Roles) == 0 {
		return nil
	}
	var out []*role
	for _, r := range a.j.roles {
		if img.UsedBy(r.Name) {
			out = append(out, r)
		}
	}
	return out
}

func (a *attribution) imageOf(d *doc) *app.Image {
	if d.pair != nil {
		return d.pair.Image
	}
	var best *app.Image
	for _, img := range a.j.p.App.Images {
		dir := img.Dir
		if a.j.p.App.Manifest == nil {
			dir = img.RootFS
		}
		if dir != "" && strings.HasPrefix(d.file, dir+"/") && (best == nil || len(dir) > len(best.Dir)) {
			best = img
		}
	}
	return best
}

// by are the roles whose commands reach d.
func (a *attribution) by(d *doc) []*role {
	var out []*role
	for _, r := range a.j.roles {
		for seen := range a.reach[r] {
			if seen == d || d.pair != nil && seen.pair == d.pair {
				out = append(out, r)
				break
			}
		}
	}
	return out
}

// folderReached reports whether all roles reach something of the ansible role
// that d is a part of.
func (a *attribution) folderReached(d *doc) bool {
	_, folder := ownNames(d)
	if len(folder) == 0 {
		return false
	}
	for _, set := range a.reach {
		found := false
		for other := range set {
			if _, f := ownNames(other); len(f) > 0 && f[0] == folder[0] && strings.Contains(other.rel, "/"+folder[0]+"/") {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (a *attribution) reached(d *doc) bool {
	for _, set := range a.reach {
		if set[d] {
			return true
		}
	}
	return false
}

// namesOf are the names by which others may speak of d.
func namesOf(d *doc) []string {
	own, folder := ownNames(d)
	return append(own, folder...)
}

// ownNames are the names of d itself, and of the ansible role it lies in.
func ownNames(d *doc) (own, folder []string) {
	for _, p := range []string{d.node, d.rel} {
		base := path.Base(p)
		for _, name := range []string{base, stem(base), withoutNode(stem(base))} {
			own = appendName(own, name)
		}
	}
	if unit := dropInOf(d.node); unit != "" {
		own = appendName(nil, unit) // its own name tells nothing: override.conf
	}
	segments := strings.Split(path.Dir(d.rel), "/")
	for i, s := range segments {
		if s == "roles" && i+1 < len(segments) {
			name := segments[i+1]
			folder = appendName(folder, name)
			folder = appendName(folder, withoutNode(name))
		}
	}
	return own, folder
}

func withoutNode(name string) string {
	return strings.TrimSuffix(strings.TrimPrefix(name, "node-"), "-node")
}

func appendName(list []string, name string) []string {
	switch name {
	case "", "start", "stop", "init", "restart", "common", "app", "main", "all", "ctl", "env", "config", "utils", "functions", "node",
		"check", "monitor", "health", "appctl", "cmd.info", "hosts", "command", "base", "rsyslog", "rsyslog.conf", "install", "log", "logs",
		"logback", "logback.xml", "logback-spring", "logback-spring.xml", "log4j", "log4j.xml", "log4j.properties", "log4j2", "log4j2.xml", "log4j2.properties",
		"logging", "logging.properties", "application", "application.properties", "application.yml", "bootstrap", "bootstrap.yml":
		return list
	}
	for _, n := range list {
		if n == name {
			return list
		}
	}
	return append(list, name)
}

// stem is a name without number and ends: 49-proxy.conf.tmpl is proxy.
func stem(base string) string {
	for {
		switch ext := path.Ext(base); ext {
		case ".sh", ".toml", ".tmpl", ".service", ".conf", ".cfg", ".cnf", ".yml", ".yaml", ".xml", ".properties", ".env", ".py", ".j2", ".ini", ".json":
			base = strings.TrimSuffix(base, ext)
			continue
		}
		break
	}
	return strings.TrimLeft(strings.TrimLeft(base, "0123456789"), "-_.")
}

// buildsImage reports whether a script that nothing reaches is one that makes
// the image.
func buildsImage(d *doc) bool {
	if d.format != reader.Shell {
		return false
	}
	dir := path.Dir(d.rel)
	if _, inRole, ok := strings.Cut(dir, "/files/"); ok && roleFolder(d.rel) != "" {
		dir = inRole // what ansible puts onto the image
	}
	folder := known.Words(dir)
	for i, word := range append(folder, known.Words(path.Base(d.rel))...) {
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
