package rules

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
)

// envKeyUndefined finds parameters that templates read and
// cluster.json.mustache does not have.
func envKeyUndefined() validate.Rule {
	return validate.NewRule("env-key-undefined", validate.Warning, "A template reads a parameter that does not exist",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.Spec == nil {
				return nil
			}
			for _, read := range firstOnLine(reads(p)) {
				if len(read.parts) < 2 || read.parts[0] != "env" || !literal(read.parts[1]) {
					continue
				}
				known := envKeys(p, p.RolesOf(read.pair.Image))
				if _, ok := known[read.parts[1]]; !ok {
					reportUndefined(p, r, read, slices.Collect(maps.Keys(known)))
				}
			}
			return nil
		})
}

func reportUndefined(p *validate.Package, r *validate.Reporter, read keyRead, known []string) {
	key := read.parts[1]
	prop, none := keptBack(p, read), len(known) == 0
	f := r.Span(read.pos, read.end(p), "cluster.json.mustache has no env parameter %q", key)
	if prop != nil && none {
		f.Message = fmt.Sprintf("cluster.json.mustache has no env, so no parameter %q", key)
	}
	f.In(oneRole(p, read.pair)).WithFix("add it to env of cluster.json.mustache and of config.json, or read another one").DidYouMean(key, known)
	switch {
	case failsAt(p, read.pos, read.Key):
		f.As(validate.Error).Message += ": " + read.pair.Resource.Dest + " is not written"
	case read.Default:
		f.Message += ": its default always counts"
	case read.Func == "exists":
		f.Message += ": it never exists"
	}
	switch {
	case prop == nil:
		atPlaces(f, read.pos, pairKey{read.pair, key})
	case none: // the env as a whole is missing: told once
		f.AndMore("env", key, "and so with 1 more that config.json has", "and so with %d more that config.json has")
	default:
		atPlaces(f, read.pos, prop.Path)
	}
	if prop != nil {
		handOn(f, prop, none)
	}
}

// handOn says how a parameter gets from config.json to the nodes.
func handOn(f *validate.Finding, prop *app.Property, noEnv bool) {
	f.Repair = nil // what looks alike is not meant
	f.WithFix(`config.json has it; to hand it on, put %q: {{%s}} into env of cluster.json.mustache`, prop.Key, prop.Path)
	if noEnv {
		f.WithFix(`to hand on what config.json asks the user for, put "env": { %q: {{%s}}, … } into cluster.json.mustache`, prop.Key, prop.Path)
	}
}

// keptBack is the property of config.json that the parameter of a read was
// meant to be made of, and that cluster.json.mustache uses nowhere; or nil.
func keptBack(p *validate.Package, read keyRead) *app.Property {
	if len(read.parts) < 2 || read.parts[0] != "env" || !literal(read.parts[1]) || p.Spec == nil || !readable(p) {
		return nil
	}
	roles := p.RolesOf(read.pair.Image)
	if _, ok := envKeys(p, roles)[read.parts[1]]; ok {
		return nil
	}
	paths := []string{"env." + read.parts[1]}
	for _, role := range roles {
		paths = append(paths, "env."+role+"."+read.parts[1])
	}
	for _, path := range paths {
		prop := p.App.Config.Lookup(path)
		if prop != nil && !prop.Group() && !usesProperty(p, prop) {
			return prop
		}
	}
	return nil
}
