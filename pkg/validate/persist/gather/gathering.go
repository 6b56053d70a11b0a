package gather

import (
	"context"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
)

// App is what is gathered from, and what takes in that which is no document.
type App struct {
	Package  *validate.Package
	Roles    []*doc.Role
	Disk     *disk.Map                                   // of all nodes: takes in the links that the repository has
	Makefile func(p *validate.Package, f *validate.File) // is told of those that it has, in order with the links
}

// Found is what is gathered.
type Found struct {
	Rendered []*doc.Doc // what pairs become for roles, as they stand where they do not render, and commands
	Files    []*doc.Doc // of the repository
	Varied   []Varied   // what pairs become with other parameters
}

// Documents gathers what may say where something is put.
func Documents(ctx context.Context, from App) Found {
	g := &gathering{App: from, home: homeOf(from.Package.App), actions: map[*validate.Pair][]action{}}
	rendered := g.rendered(ctx)
	return Found{rendered, g.files(), g.varied}
}

// gathering is an app while it is gathered from.
type gathering struct {
	App
	home   string     // the app's folder; "" if that is the whole repository
	broken []*doc.Doc // templates that do not parse

	varied         []Varied
	actions        map[*validate.Pair][]action // of templates
	properties     []*app.Property             // of config.json
	tried, varying int                         // renderings of varied, and their size
}
