package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// keyRead is one place where a template asks for metadata.
type keyRead struct {
	confd.Read
	pair  *validate.Pair
	pos   diag.Pos // on disk
	parts []string // of the key; "*" is what is not known
}

// reads are those of all templates, in order.
func reads(p *validate.Package) []keyRead {
	type key struct{}
	return slices.Clone(validate.Keep(p, key{}, func() []keyRead { return findReads(p) }))
}

func findReads(p *validate.Package) []keyRead {
	var out []keyRead
	for _, pair := range p.Pairs() {
		out = append(out, readsOf(pair)...)
	}
	return out
}

func readsOf(pair *validate.Pair) []keyRead {
	var out []keyRead
	for _, r := range pair.Reads {
		parts := strings.Split(strings.Trim(path.Clean("/"+r.Key), "/"), "/")
		out = append(out, keyRead{r, pair, pair.Origin(r.Pos), parts})
	}
	return out
}

// firstOnLine leaves out the reads of a key that its line reads before.
func firstOnLine(list []keyRead) []keyRead {
	type place struct {
		file, key string
		line      int
	}
	seen := map[place]bool{}
	return slices.DeleteFunc(list, func(r keyRead) bool {
		at := place{r.pos.File, r.Key, r.pos.Line}
		twice := seen[at]
		seen[at] = true
		return twice
	})
}

// literal reports whether s is known, and no pattern.
func literal(s string) bool { return s != "" && !strings.ContainsAny(s, `*?[\`) }

// end is the place behind the key in the source, where that can be told.
func (k keyRead) end(p *validate.Package) diag.Pos {
	line := []rune(p.Line(k.pos.File, k.pos.Line))
	if k.pos.Col < 1 || k.pos.Col > len(line) {
		return diag.Pos{}
	}
	rest := string(line[k.pos.Col-1:])
	if !strings.HasPrefix(rest, k.Expr) {
		return diag.Pos{}
	}
	return diag.Pos{File: k.pos.File, Line: k.pos.Line, Col: k.pos.Col + len([]rune(k.Expr))}
}

// hostTrees are the parts of /self whose children are roles (or nodes, with
// one unnamed role).
func hostTrees() []string { return []string{"hosts", "adding-hosts", "deleting-hosts"} }

// envKeys are the parameters that the nodes of some roles see, by name.
func envKeys(p *validate.Package, roles []string) map[string]app.Param {
	type key struct{ roles string }
	return validate.Keep(p, key{strings.Join(roles, "\x00")}, func() map[string]app.Param {
		out := map[string]app.Param{}
		for _, name := range roles {
			if role := p.Spec.Role(name); role != nil {
				for _, param := range p.Spec.EnvOf(role) {
					out[param.Key] = param
				}
			}
		}
		return out
	})
}

// failsAt reports whether a rendering ended because key was missing at pos.
func failsAt(p *validate.Package, pos diag.Pos, key string) bool {
	type kept struct{}
	type failure struct {
		file, key string
		line      int
	}
	all := validate.Keep(p, kept{}, func() map[failure]bool {
		out := map[failure]bool{}
		for _, rendering := range p.Renderings() {
			for _, o := range rendering.Outputs {
				if te := templateError(o.Err); te != nil {
					out[failure{te.Pos.File, te.Key, te.Pos.Line}] = true
				}
			}
		}
		return out
	})
	return all[failure{pos.File, key, pos.Line}]
}

// oneRole is the role that a pair is made for, if there is one alone.
func oneRole(p *validate.Package, pair *validate.Pair) string {
	roles := slices.DeleteFunc(p.RolesOf(pair.Image), func(name string) bool {
		return p.Spec.Role(name).IsReplica
	})
	if len(roles) == 1 {
		return roles[0]
	}
	return ""
}
