package validate

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/app"
)

// Package is what a rule sees: one app with all that can be known of it. What
// costs something is made when it is first asked for, and kept for the other
// rules. Rules use it side by side; it must not be changed.
type Package struct {
	App *app.App
	// Spec is cluster.json.mustache with the defaults of config.json. It is
	// nil where SpecErr says why there is none.
	Spec    *app.Spec
	SpecErr error

	config       lintConfig
	configFaults []fault

	tree       func() *tree
	pairs      func() []*Pair
	rendered   func() *Rendering
	renderings func() []*Rendering
	beside     func() *Package

	kept sync.Map // by the caller's key

	shellTotal atomic.Int64 // bytes that were parsed
	contents   int          // bytes that renderings keep

	mu      sync.Mutex // of what follows
	texts   map[string]readText
	shells  map[string]func() (*syntax.File, error)
	total   int64
	leftOut map[string]unchecked // by file
}

// NewPackage prepares an app for rules.
func NewPackage(ctx context.Context, a *app.App) *Package { return newPackage(ctx, a, nil) }

// newPackage is NewPackage without the files of some folders.
func newPackage(ctx context.Context, a *app.App, without []string) *Package {
	p := &Package{App: a, texts: map[string]readText{}, leftOut: map[string]unchecked{}, shells: map[string]func() (*syntax.File, error){}}
	p.tree = sync.OnceValue(func() *tree {
		t, _ := walk(ctx, a.Tree(), a.Root, without) // what cannot be read is not there for a rule
		return t
	})
	p.pairs = sync.OnceValue(func() []*Pair { return p.loadPairs(ctx) })
	p.rendered = sync.OnceValue(func() *Rendering { return p.try(ctx, Scenario{}, p.Pairs(), p.room) })
	p.renderings = sync.OnceValue(func() []*Rendering { return p.renderAll(ctx) })
	p.config, p.configFaults = readConfig(a.Manifest)
	p.beside = sync.OnceValue(func() *Package { return besideOf(ctx, a) })
	if a.ClusterFile != "" {
		p.Spec, p.SpecErr = a.Expand(nil)
	}
	return p
}

// besideOf is what lies in the repository of several apps beside all of them.
func besideOf(ctx context.Context, a *app.App) *Package {
	rest := a.Beside()
	if rest == nil {
		return nil
	}
	return newPackage(ctx, rest, append([]string{a.Root}, a.Others...))
}

// Beside is what lies in the repository of several apps beside all of them:
// files, and no app. It is nil where the app is the only one.
func (p *Package) Beside() *Package { return p.beside() }

// Roles are the roles of Spec, replicas included; none without a Spec.
func (p *Package) Roles() []*app.Role {
	if p.Spec == nil {
		return nil
	}
	return p.Spec.Roles
}

// Mounts are where a role's volume is mounted; none without a volume. A path that
// lacks its first / counts as if it had it: it is told once, as what it is, and not
// by all that lies there.
func Mounts(r *app.Role) []string {
	out := []string{}
	if r.Volume == nil {
		return out
	}
	for _, m := range r.Volume.Mounts {
		if drive := len(m) > 1 && m[1] == ':'; !drive {
			m = "/" + strings.TrimLeft(strings.TrimSpace(m), "/")
		}
		out = append(out, m)
	}
	return out
}

// RolesOf are the names of the roles whose nodes get an image's pairs.
func (p *Package) RolesOf(img *app.Image) []string {
	var out []string
	for _, r := range p.Roles() {
		if img.UsedBy(r.Name) {
			out = append(out, r.Name)
		}
	}
	return out
}

// Keep is what make returns, made once for all rules that ask with the same
// key: for what several rules derive from a package. A key is of a type of the
// caller's own.
func Keep[T any](p *Package, key any, make func() T) T {
	once, ok := p.kept.Load(key)
	if !ok {
		once, _ = p.kept.LoadOrStore(key, sync.OnceValue(make))
	}
	return once.(func() T)()
}
