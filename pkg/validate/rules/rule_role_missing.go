package rules

import (
	"context"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/validate"
)

// roleMissing finds nodes of roles that do not exist.
func roleMissing() validate.Rule {
	return validate.NewRule("role-missing", validate.Warning, "A template reads nodes of a role that does not exist",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.Spec == nil {
				return nil
			}
			comparedRoles(p, r)
			if p.Spec.Role("") != nil {
				unnamedRole(p, r)
				return nil
			}
			names := p.Spec.RoleNames()
			for _, read := range worstOfRoles(p, names) {
				f := r.Span(read.pos, read.end(p), "cluster.json.mustache has no role %q", read.parts[1])
				f.In(oneRole(p, read.pair)).WithFix("its roles: %s", strings.Join(names, ", ")).DidYouMean(read.parts[1], names)
				if failsAt(p, read.pos, read.Key) {
					f.As(validate.Error).Message += ": " + read.pair.Resource.Dest + " is not written"
				}
			}
			return nil
		})
}

// worstOfRoles are the reads of roles that do not exist, one of each file and
// role: the first that fails, else the first.
func worstOfRoles(p *validate.Package, names []string) []keyRead {
	type place struct{ file, role string }
	at := map[place]int{}
	var out []keyRead
	for _, read := range reads(p) {
		if len(read.parts) < 2 || !slices.Contains(hostTrees(), read.parts[0]) || !literal(read.parts[1]) || slices.Contains(names, read.parts[1]) {
			continue
		}
		id := place{read.pos.File, read.parts[1]}
		i, known := at[id]
		switch {
		case !known:
			at[id] = len(out)
			out = append(out, read)
		case failsAt(p, read.pos, read.Key) && !failsAt(p, out[i].pos, out[i].Key):
			out[i] = read
		}
	}
	return out
}

// unnamedRole reports reads of a role in an app whose only role has no name: its
// nodes are right below /hosts.
func unnamedRole(p *validate.Package, r *validate.Reporter) {
	for _, read := range worstOfRoles(p, nil) {
		f := r.Span(read.pos, read.end(p), "the only role has no name: nodes are right below /%s, and %q is none of them", read.parts[0], read.parts[1])
		f.WithFix("read /%s/<node>, or give the role the name in cluster.json.mustache", read.parts[0])
		if failsAt(p, read.pos, read.Key) {
			f.As(validate.Error)
		}
	}
}

// comparedRoles reports comparisons of /host/role with a role that does not
// exist.
func comparedRoles(p *validate.Package, r *validate.Reporter) {
	names := p.Spec.RoleNames()
	if slices.Contains(names, "") {
		return
	}
	for _, pair := range p.Pairs() {
		if pair.Syntax == nil {
			continue
		}
		vars := variablesIn(pair)
		eachTmplCall(pair, func(call tmplCall) {
			if call.name != "eq" && call.name != "ne" || len(call.args) != 2 {
				return
			}
			for i, arg := range call.args {
				text, isText := arg.(*parse.StringNode)
				read, ok := vars.lastCall(call.args[1-i])
				if !isText || !ok || read.name != "getv" || readOf(read) != "/host/role" || text.Text == "" || slices.Contains(names, strings.TrimSuffix(text.Text, "-replica")) {
					continue
				}
				r.At(pair.Origin(pair.Syntax.Pos(call.node)), "no node has role %q: cluster.json.mustache has no such role", text.Text).
					In(oneRole(p, pair)).WithFix("its roles: %s", strings.Join(names, ", ")).DidYouMean(text.Text, names)
			}
		})
	}
}
