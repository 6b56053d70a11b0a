package persist

import (
	"context"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/gather"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/owner"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// project is an app with all that is found out about it: its files, what these say about
// each other and about the roles, what was read already, and the places found so far.
type project struct {
	p     *validate.Package
	table *known.Table
	disk  *disk.Map
	roles []*doc.Role

	material
	relations
	assignments
	servers
	engines
	variations
	memory
	places
}

// material is what is read.
type material struct {
	docs    []*doc.Doc // of all roles, rendered ones first
	aliases map[string]string
	dests   map[string]bool               // paths, and their last parts, that pairs write
	writers map[string]map[*doc.Role]bool // the same, by the roles whose pairs do
}

// relations are what files say of each other.
type relations struct {
	byBase   map[string][]*doc.Doc
	library  map[string][]*doc.Doc // by script: those that it reads with `.`, and those that read it
	args     owner.Calls
	asked    owner.Asked
	services map[string]map[string]bool // by script: the services whose commands reach it
	renders  map[*validate.Pair]int     // for how many roles a pair renders
}

// assignments are what sets variables for others.
type assignments struct {
	sourced map[string]map[*doc.Role]map[string][]shell.Value // by file: what scripts that it reads set
	sets    map[*doc.Role]map[string]map[string][]shell.Value // what files set that scripts read with `.`: by role, name of the file, and variable
	givenBy map[string]*origin                                // paths that variables of ansible are set to, by scope and value
	jinja   map[string]string                                 // variables of ansible, by the role that they are for, "/" and their name
}

// servers are what runs, and what it is told.
type servers struct {
	duties      *owner.Duties                   // what roles start
	running     map[string][]*doc.Role          // services that roles are told to run
	told        map[*doc.Role]map[string]bool   // keys of the table that something sets
	merely      map[*doc.Role]map[string]string // lines that set what is told as a default, with the settings that say otherwise
	spare       map[*doc.Role]map[string]bool   // folders of what need not last: sockets, scratch
	keeps       map[*doc.Role]map[string]*keep  // files that programs write or read
	anew        map[*doc.Role]map[string]bool   // what starts put there anew
	shipped     map[string]bool                 // logs that syslog passes on
	inside      []source                        // sources of binds into containers: their contents are about containers
	starts      map[*doc.Role][]start           // what they start, and how
	runFolder   string                          // that what is read now is run in; "" where it is not known
	runFolderAt *origin                         // where that is said
	rooted      map[*doc.Role]map[string]string // folders that servers take for /, by server
	named       map[*doc.Role]map[string][]site // settings by what they name, which may be what a script makes once
}

// variations are what other parameters than the default ones bring about.
type variations struct {
	varied []gather.Varied          // files
	over   *disk.Map                // links of the file that is read, where these count for it alone
	alter  map[string][]shell.Value // variables that another file has set otherwise
}

// memory is what was found out before, so that it is done once.
type memory struct {
	read      map[string][]reader.Setting
	walked    map[string][]shell.Event     // by text and what it depends on
	scripts   map[string]*script           // by text
	libraries map[*syntax.File]*script     // those that lend their functions
	users     map[string][]*doc.Role       // by file and variable of the environment: roles whose scripts use it
	names     map[*doc.Role]map[string]int // names in roles' scripts, and in how many each is
	folders   map[string]string            // by role and variable: the folder that programs are told; "" where none is
	heeding   map[string]bool              // by role and setting: whether it runs what heeds it
	absents   map[*doc.Role]string         // programs that roles run and the repository has not
	programs  map[string]bool              // variables of programs' folders: false where they are set to a volume
	steps     int                          // statements walked so far
}

// places are what may be off the volumes.
type places struct {
	sites   []*site
	waiting []site // made by scripts; what they are a setting may tell
	served  []site // folders of uploads, as nginx serves them
	linked  []site // folders of logs that one role links to its volume
	needed  needs  // what the script that is read has asked for
}

// newProject is one that nothing is known of yet.
func newProject(p *validate.Package, table *known.Table) *project {
	links := disk.NewMap()
	for at, target := range table.Links() {
		links.Link(at, target)
	}
	return &project{
		p: p, table: table, disk: links,
		material:  material{dests: destsOf(p), aliases: map[string]string{}, writers: map[string]map[*doc.Role]bool{}},
		relations: relations{library: map[string][]*doc.Doc{}, renders: map[*validate.Pair]int{}},
		assignments: assignments{
			sourced: map[string]map[*doc.Role]map[string][]shell.Value{}, sets: map[*doc.Role]map[string]map[string][]shell.Value{},
			givenBy: map[string]*origin{}, jinja: map[string]string{},
		},
		servers: servers{
			told: map[*doc.Role]map[string]bool{}, merely: map[*doc.Role]map[string]string{}, spare: map[*doc.Role]map[string]bool{}, keeps: map[*doc.Role]map[string]*keep{}, anew: map[*doc.Role]map[string]bool{},
			shipped: map[string]bool{}, rooted: map[*doc.Role]map[string]string{}, starts: map[*doc.Role][]start{}, named: map[*doc.Role]map[string][]site{},
		},
		engines: engines{elsewhere: map[string]bool{}, roots: map[*doc.Role]string{}, boxed: map[*doc.Role]bool{}, swarm: map[*doc.Role]bool{}},
		memory: memory{
			read: map[string][]reader.Setting{}, walked: map[string][]shell.Event{}, scripts: map[string]*script{}, libraries: map[*syntax.File]*script{},
			users: map[string][]*doc.Role{}, names: map[*doc.Role]map[string]int{}, folders: map[string]string{}, programs: map[string]bool{}, heeding: map[string]bool{}, absents: map[*doc.Role]string{},
		},
	}
}

// open prepares an app; nil where it has no roles to judge.
func open(ctx context.Context, p *validate.Package, table *known.Table) (*project, error) {
	own, err := ownSettings(p.App.Manifest)
	if err != nil {
		return nil, err
	}
	j := newProject(p, table.With(own...))
	for _, r := range rolesOf(p) {
		if r.IsReplica { // its nodes have what their masters have
			continue
		}
		j.roles = append(j.roles, &doc.Role{Role: r, Mounts: validate.Mounts(r), Exempt: r.UserAccess, Vars: map[string][]shell.Value{}, Disk: j.disk.Of()})
	}
	if !j.anyJudged() {
		return nil, nil
	}
	found := gather.Documents(ctx, gather.App{Package: p, Roles: j.roles, Disk: j.disk, Makefile: j.recipes})
	j.ansible(found.Files)
	j.docs, j.varied = append(found.Rendered, found.Files...), found.Varied
	return j, ctx.Err()
}

// destsOf are the paths that pairs write, and their last parts.
func destsOf(p *validate.Package) map[string]bool {
	dests := map[string]bool{}
	for _, pair := range p.Pairs() {
		if pair.Resource != nil && pair.Resource.Dest != "" {
			dest := disk.Clean(pair.Resource.Dest)
			dests[dest], dests[path.Base(dest)] = true, true
		}
	}
	return dests
}

func (j *project) anyJudged() bool {
	for _, r := range j.roles {
		if !r.Exempt {
			return true
		}
	}
	return false
}

// area reports whether a path lies where some role of the app has a volume, or
// where a volume is by default.
func (j *project) area(path string) bool {
	prefix, _ := disk.Known(path)
	if disk.Under(prefix, "/data") {
		return true
	}
	for _, r := range j.roles {
		for _, m := range r.Mounts {
			if disk.Under(prefix, disk.Clean(m)) {
				return true
			}
		}
	}
	return false
}

// ownSettings are the project's own well-known settings: [[lint.settings]] of
// appimg.toml, with the keys of an [[app]] in known/settings.toml.
func ownSettings(m *app.Manifest) ([]known.App, error) {
	if m == nil {
		return nil, nil
	}
	list, _ := m.Lint["settings"].([]map[string]any)
	var out []known.App
	for _, table := range list {
		a := known.App{Name: text(table["name"])}
		if a.Name == "" {
			a.Name = m.Name
		}
		for key, to := range map[string]*[]string{
			"files": &a.Files, "commands": &a.Commands, "data": &a.Data, "log": &a.Log, "session": &a.Session,
			"upload": &a.Upload, "state": &a.State, "backup": &a.Backup, "none": &a.None,
		} {
			*to = texts(table[key])
		}
		out = append(out, a)
	}
	return out, nil
}

func text(v any) string {
	s, _ := v.(string)
	return strings.TrimSpace(s)
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, item := range list {
		if s := text(item); s != "" {
			out = append(out, s)
		}
	}
	return out
}
