package rules

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// keyUnused finds keys that a resource fetches and its template never reads.
func keyUnused() validate.Rule {
	return validate.NewRule("key-unused", validate.Info, "A resource fetches what its template never reads",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.Syntax == nil || isEmpty(pair) {
					continue
				}
				for i, key := range pair.Resource.Keys {
					if clean := path.Clean("/" + key); clean != "/" && !readsBelow(pair, clean) && !pair.MayRead(strings.Split(clean, "/")[1]) {
						reportUnused(r, pair, i)
					}
				}
			}
			return nil
		})
}

// reportUnused reports a key of a pair that is read by nothing: a slip, or one
// of those that can go.
func reportUnused(r *validate.Reporter, pair *validate.Pair, i int) {
	key := pair.Resource.Keys[i]
	f := r.At(pair.Resource.KeyPos(i), "%s never reads %q", pair.Resource.Src, key)
	if meant := meantKey(pair, path.Clean("/"+key)); meant != "" {
		f.As(validate.Warning).WithFix("did you mean %q?", meant).DidYouMean(key, []string{meant})
		return
	}
	f.WithFix("remove from keys what is not read").Together(pair, strconv.Quote(key), func(keys []string) string {
		return fmt.Sprintf("%s never reads %s", pair.Resource.Src, strings.Join(keys, ", "))
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
