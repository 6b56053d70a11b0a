package rules

import (
	"fmt"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// atPlaces makes f one of those that say the same of several places, which are
// told as one: at the first place, with how many more there are.
func atPlaces(f *validate.Finding, pos diag.Pos, key any) *validate.Finding {
	said := f.Message
	return f.Together(key, fmt.Sprint(pos), func(places []string) string {
		switch more := len(places) - 1; more {
		case 0:
			return said
		case 1:
			return said + " (and so in 1 more place)"
		default:
			return fmt.Sprintf("%s (and so in %d more places)", said, more)
		}
	})
}

// pairKey is a key that a pair's template reads.
type pairKey struct {
	pair *validate.Pair
	key  string
}
