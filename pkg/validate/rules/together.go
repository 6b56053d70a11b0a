package rules

import (
	"fmt"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// atPlaces makes f one of those that say the same of several places, which are
// told as one: at the first place, with how many more there are.
func atPlaces(f *validate.Finding, pos diag.Pos, key any) *validate.Finding {
	return f.AndMore(key, fmt.Sprint(pos), "and so in 1 more place", "and so in %d more places")
}

// pairKey is a key that a pair's template reads.
type pairKey struct {
	pair *validate.Pair
	key  string
}
