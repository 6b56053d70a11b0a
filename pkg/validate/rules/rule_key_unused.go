package rules

import (
	"context"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

// keyUnused finds keys that a resource fetches and its template never reads.
func keyUnused() validate.Rule {
	return validate.NewRule("key-unused", validate.Info, "A resource fetches what its template never reads",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.Template == nil || isEmpty(pair) {
					continue
				}
				for i, key := range pair.Resource.Keys {
					if clean := path.Clean("/" + key); clean != "/" && !readsBelow(pair, clean) {
						r.At(pair.Resource.KeyPos(i), "%s never reads %q", pair.Resource.Src, key).WithFix("remove it from keys")
					}
				}
			}
			return nil
		})
}

// readsBelow reports whether the template may read key or what is below it.
func readsBelow(pair *validate.Pair, key string) bool {
	for _, read := range readsOf(pair) {
		known, _, cut := strings.Cut("/"+strings.Join(read.parts, "/"), "*")
		if below("/"+strings.Trim(known, "/"), key) || below(key, "/"+strings.Trim(known, "/")) || cut && strings.HasPrefix(key, known) {
			return true
		}
	}
	return false
}
