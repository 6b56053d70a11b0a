package persist

import (
	"maps"
	"slices"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func cmpOr[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// posOf is the place of a member, else that of the whole.
func posOf(doc *jsondoc.Value, key string, whole diag.Pos) diag.Pos {
	if doc != nil {
		if v := doc.Get(key); v != nil {
			return v.Pos
		}
	}
	return whole
}
