package rules

import (
	"context"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
)

// envKeyUnused finds parameters that no template reads, and that no other file
// of the repository names.
func envKeyUnused() validate.Rule {
	return validate.NewRule("env-key-unused", validate.Info, "No template reads a parameter",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.Spec == nil || len(p.Pairs()) == 0 {
				return nil
			}
			all := reads(p)
			for _, param := range p.Spec.Env {
				checkUnused(p, r, all, param, "")
			}
			for _, role := range p.Spec.Roles {
				if role.IsReplica {
					continue
				}
				for _, param := range role.Env {
					checkUnused(p, r, all, param, role.Name)
				}
			}
			return nil
		})
}

func checkUnused(p *validate.Package, r *validate.Reporter, all []keyRead, param app.Param, role string) {
	for _, read := range all {
		if mayRead(read, param.Key) {
			return
		}
	}
	if mentioned(p, param.Key) {
		return
	}
	r.At(param.Pos, "no template reads parameter %q: what the user sets has no effect", param.Key).In(role).
		With(validate.Likely).WithFix("use it in a template, or remove it here and in config.json")
}

// mayRead reports whether a read can be one of the parameter.
func mayRead(read keyRead, key string) bool {
	switch {
	case read.parts[0] == "" || !literal(read.parts[0]):
		return true // "/", or a key that is computed as a whole
	case read.parts[0] != "env":
		return false
	case len(read.parts) == 1:
		return true // ls "/env"
	}
	return !literal(read.parts[1]) || read.parts[1] == key
}

// mentioned reports whether a file other than the app's own JSON has the word:
// a command may get it in another way.
func mentioned(p *validate.Package, word string) bool {
	if !p.Complete() {
		return true
	}
	for _, f := range p.Files() {
		if f.Path == p.App.ConfigFile || f.Path == p.App.ClusterFile || isLocale(p, f.Path) || strings.HasSuffix(f.Path, ".md") {
			continue
		}
		if text, ok := p.Text(f.Path); ok && strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func isLocale(p *validate.Package, file string) bool {
	for _, path := range p.App.Locale {
		if path == file {
			return true
		}
	}
	return false
}
