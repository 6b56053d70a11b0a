package rules

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

// absentKey finds lists of what may not be there: confd stores the body of the
// 404 answer under a key that is absent, and a list has its three members.
func absentKey() validate.Rule {
	return validate.NewRule("absent-key-listed", validate.Warning, "A list may have the parts of a 404 answer",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.Template == nil {
					continue
				}
				for i, key := range pair.Resource.Keys {
					clean := path.Clean("/" + key)
					if read, ok := listOf(pair, clean); ok && absent(p, pair, clean) {
						f := r.At(pair.Resource.KeyPos(i), "%q is not always there: confd stores the 404 answer below it, and {{%s}} has code, message and type then", key, read.Expr)
						f.In(oneRole(p, pair)).WithFix(`list "/" in keys instead, or lsdir in place of ls`).Origin = r.Origin(read.pos)
					}
				}
			}
			return nil
		})
}

// listOf is the read of a pair that lists the values right below key.
func listOf(pair *validate.Pair, key string) (keyRead, bool) {
	for _, read := range readsOf(pair) {
		want := strings.TrimSuffix(key, "/")
		if read.Func == "ls" && strings.TrimSuffix(read.Key, "/") == want {
			return read, true
		}
		if slices.Contains([]string{"gets", "getvs"}, read.Func) && read.Key == want+"/*" {
			return read, true
		}
	}
	return keyRead{}, false
}

// absent reports whether a node's store has the 404 answer below key.
func absent(p *validate.Package, pair *validate.Pair, key string) bool {
	for _, rendering := range p.Renderings() {
		for _, o := range rendering.Outputs {
			if o.Pair == pair && o.Has(key+"/code") && o.Has(key+"/message") && o.Has(key+"/type") {
				return true
			}
		}
	}
	return false
}
