package rules

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
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
						f := r.At(pair.Resource.KeyPos(i), "%s never reads %q", pair.Resource.Src, key).WithFix("remove it from keys")
						if meant := meantKey(pair, clean); meant != "" {
							f.As(validate.Warning).WithFix("did you mean %q?", meant).DidYouMean(key, []string{meant})
						}
					}
				}
			}
			return nil
		})
}

// meantKey is what the template reads and no key covers, where an unused key
// looks like it; "" if there is no such thing. All keys are below /self already.
func meantKey(pair *validate.Pair, key string) string {
	var open []string
	for _, read := range readsOf(pair) {
		if top := "/" + read.parts[0]; literal(read.parts[0]) && !covered(read) && !slices.Contains(open, top) {
			open = append(open, top)
		}
	}
	if inner, ok := strings.CutPrefix(key, "/self/"); ok && slices.Contains(open, "/"+strings.SplitN(inner, "/", 2)[0]) {
		return "/" + inner
	}
	return diag.Meant("/"+strings.SplitN(key, "/", 3)[1], open)
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
