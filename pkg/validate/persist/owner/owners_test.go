package owner_test

import (
	"context"
	"path"
	"slices"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/owner"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// file is a file of a repository, which lies on the node below /opt/app.
func file(rel, text string) *doc.Doc {
	return &doc.Doc{File: rel, Rel: rel, Node: "/opt/app/" + path.Base(rel), Text: text, Format: reader.FormatOf(rel, text), InImage: true}
}

// command is a command of a role's start service.
func command(r *doc.Role, text string) *doc.Doc {
	return &doc.Doc{File: "cluster.json.mustache", Rel: "cluster.json.mustache", Node: "command.sh", Text: text, Format: reader.Shell, Role: r, Command: true, Service: "start"}
}

func role(name string) *doc.Role {
	return &doc.Role{Role: &app.Role{Name: name, Container: app.Container{Type: "kvm", Image: "img-12345678"}}}
}

// Whose a document is, is told by what it is called like, and by whose commands reach it;
// where nothing tells, it may be anybody's.
func TestAttribute(t *testing.T) {
	table, err := known.New()
	if err != nil {
		t.Fatal(err)
	}
	web, db := role("web"), role("db")
	settings, run, dump, other := file("web/pool.ini", "size = 1\n"), file("bin/serve.sh", ". /opt/app/lib-web.sh\n"), file("bin/dump.sh", "true\n"), file("misc/limits.ini", "n = 1\n")
	docs := []*doc.Doc{command(web, "/opt/app/serve.sh one"), command(db, "/opt/app/dump.sh"), settings, run, dump, other}
	roles := []*doc.Role{web, db}
	calls, _ := owner.FindCalls(docs, roles)
	found := owner.Attribute(owner.App{
		Package: validate.NewPackage(context.Background(), &app.App{}), Table: table, Docs: docs, ByBase: doc.ByBase(docs), Roles: roles, Calls: calls,
		Walk:     func(*doc.Doc, *doc.Role) ([]shell.Event, bool) { return nil, true },
		WalkWith: func(*doc.Doc, *doc.Role, []*syntax.File, map[string][]shell.Value) []shell.Event { return nil },
	})
	for d, want := range map[*doc.Doc][]*doc.Role{settings: {web}, run: {web}, dump: {db}, other: roles} {
		if !slices.Equal(d.Owners.Roles, want) {
			t.Errorf("%s is of %d roles, want %d", d.Rel, len(d.Owners.Roles), len(want))
		}
	}
	if !other.Owners.Open || settings.Owners.Open {
		t.Error("it is open whose the wrong file is")
	}
	if !found.Services()[run.File]["start"] {
		t.Error("the start does not reach its script")
	}
}

// The arguments of calls count where all of a role's commands agree on them.
func TestFindCalls(t *testing.T) {
	web, db := role("web"), role("db")
	ctl := file("bin/ctl.sh", "run $1\n")
	calls, _ := owner.FindCalls([]*doc.Doc{command(web, "/opt/app/ctl.sh web 1"), command(web, "sudo /opt/app/ctl.sh web 2"), command(db, "/opt/app/ctl.sh db"), ctl}, []*doc.Role{web, db})
	if got := calls[ctl.File]; !slices.Equal(got[web], []string{"web", ""}) || !slices.Equal(got[db], []string{"db"}) {
		t.Errorf("%q, %q", got[web], got[db])
	}
	if ctl.Self != "/opt/app/ctl.sh" {
		t.Errorf("it lies at %s", ctl.Self)
	}
}
