package owner

import (
	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// App is what is known of an app before it is known whose its documents are.
type App struct {
	Package *validate.Package
	Table   *known.Table
	Docs    []*doc.Doc
	ByBase  map[string][]*doc.Doc // by the last parts of their paths on the node
	Roles   []*doc.Role
	Aliases map[string]string // commands that are links, and what they are links to
	Calls   Calls

	// Walk tells what a script does for a role; ok is false where it is no script.
	Walk func(d *doc.Doc, r *doc.Role) (events []shell.Event, ok bool)
	// WalkWith is Walk with the functions of a library, and with variables where nothing
	// else is known to set them.
	WalkWith func(d *doc.Doc, r *doc.Role, library []*syntax.File, vars map[string][]shell.Value) []shell.Event
}

// Attribution is whose documents are, and what tells it.
type Attribution struct {
	App
	Running map[string][]*doc.Role // services that roles are told to run
	Duties  *Duties                // what roles start

	names       map[string]bool               // names of documents that are worth looking for
	said        map[*doc.Role]map[string]bool // the words of roles' commands
	telling     map[string][]*doc.Role        // names that only some roles' rendered files have
	reach       map[*doc.Role]map[*doc.Doc]bool
	played      map[string][]*doc.Role                 // by ansible role, what playbooks say
	copies      map[string][]*doc.Role                 // by folder or file of the repository, whose image playbooks copy it to
	left        map[string]bool                        // ansible roles that nobody gets
	around      map[string][]*doc.Role                 // by folder, the roles whose commands reach something in it
	folders     map[string]bool                        // names of ansible roles, made plain
	exact       map[*doc.Doc]bool                      // those that commands name by their whole path
	dockerfiles map[string]bool                        // the folders that have one
	homes       map[string][]*doc.Role                 // by the folder with conf.d and templates
	homesBy     map[string][]*doc.Role                 // by folder of the repository, the roles that folders in it are called like
	dockerDirs  map[string]bool                        // folders with a Dockerfile that are called like roles
	vars        map[*doc.Role]map[string][]shell.Value // what files set that confd renders for a role
	together    map[*doc.Role]map[string][]*doc.Doc    // by file, the scripts whose functions it may call on a role's nodes
	services    map[string][]*doc.Doc                  // by service, what is of it
	trees       map[string][]*doc.Role                 // the same, whether or not these tell roles apart
	runsIn      map[string][]*doc.Doc                  // by folder of the node, the units that run there
	namedBy     map[*doc.Doc][]*doc.Doc                // what a document names
	loaded      map[*doc.Role][]*doc.Doc               // modules that a program was started with, which were not looked at yet
	byPair      map[string]*doc.Owners                 // by the file of a pair
	pyNames     map[*doc.Doc]map[string]bool           // names that modules of Python have for others
	anyhow      map[*doc.Doc]bool                      // programs that are started whoever's commands reach what starts them
}

func newAttribution(from App) *Attribution {
	a := &Attribution{
		App: from, Running: map[string][]*doc.Role{}, Duties: newDuties(),
		names: map[string]bool{}, telling: map[string][]*doc.Role{}, reach: map[*doc.Role]map[*doc.Doc]bool{},
		folders: map[string]bool{}, exact: map[*doc.Doc]bool{}, vars: map[*doc.Role]map[string][]shell.Value{},
		said: map[*doc.Role]map[string]bool{}, namedBy: map[*doc.Doc][]*doc.Doc{}, loaded: map[*doc.Role][]*doc.Doc{},
		pyNames: map[*doc.Doc]map[string]bool{}, together: map[*doc.Role]map[string][]*doc.Doc{},
	}
	for _, d := range a.Docs {
		if name := ansible.RoleFolder(d.Rel); name != "" {
			a.folders[plainName(name)] = true
		}
		for _, n := range append(namesOf(d), a.Table.Servers(d.Node)...) {
			a.names[n] = true
		}
	}
	if len(a.Roles) > 1 {
		a.played = a.plays()
		a.tell()
		a.run()
		for name, some := range a.Running {
			for _, r := range some {
				a.Duties.add(name, r, false)
			}
		}
	}
	for _, r := range a.Roles {
		a.reach[r] = a.reachedBy(r)
	}
	a.reachAgain()
	a.atBoot()
	return a
}
