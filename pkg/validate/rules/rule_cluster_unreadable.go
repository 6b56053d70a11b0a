package rules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// clusterUnreadable finds what keeps cluster.json.mustache from becoming a
// cluster, where no other rule says it.
func clusterUnreadable() validate.Rule {
	return validate.NewRule("cluster-unreadable", validate.Error, "cluster.json.mustache makes no cluster",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.App.ClusterFile == "" && p.App.Manifest != nil {
				clusterMissing(p, r)
			}
			if p.SpecErr == nil || saidElsewhere(p) {
				return nil
			}
			r.Fault(diag.Pos{File: p.App.ClusterFile, Line: 1}, p.SpecErr)
			return nil
		})
}

// clusterMissing reports a project without cluster.json.mustache: nothing that
// depends on roles, volumes and parameters can be judged. Where there is not
// even a folder for it, the project may be about images alone.
func clusterMissing(p *validate.Package, r *validate.Reporter) {
	dir := filepath.Join(p.App.Root, cmp.Or(p.App.Manifest.App.Dir, "app"))
	file := filepath.Join(dir, "cluster.json.mustache")
	_, err := p.App.ReadFile(file)
	if err == nil {
		return
	}
	pos := diag.Pos{File: p.App.Manifest.File, Line: 1}
	if p.App.ConfigFile != "" {
		pos.File = p.App.ConfigFile
	}
	f := r.At(pos, "%s %s: roles, volumes and parameters are not known", r.Rel(file), unreadFor(err)).
		WithFix("put it beside config.json; appimg init shows one")
	if !p.App.Tree().Exists(dir) {
		f.As(validate.Warning)
	}
}

// saidElsewhere reports whether json-syntax, mustache-variable, cluster-value
// or cluster-key-missing have something to say.
func saidElsewhere(p *validate.Package) (said bool) {
	eachFault(p, func(f jsondoc.Fault) { said = said || f.Kind != jsondoc.DuplicateKey })
	for _, x := range variables(p) {
		prop := p.App.Config.Lookup(x.Var)
		said = said || prop == nil || prop.Group()
	}
	for _, n := range nodes(p) {
		for _, key := range []string{"count", "replica"} {
			v := n.doc.Get(key)
			said = said || v != nil && !isInteger(v) // cluster-value
		}
	}
	if document(p) != nil {
		missing(p, func(*jsondoc.Value, string, string) { said = true })
	}
	return said
}

// unreadFor is why a file cannot be read, as what is said of it.
func unreadFor(err error) string {
	if unread := (*app.FileError)(nil); errors.As(err, &unread) {
		err = unread.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "is not there"
	}
	return fmt.Sprintf("cannot be read: %v", diag.Reason(err))
}
