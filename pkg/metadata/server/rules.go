package server

import (
	"fmt"
	"maps"
	"slices"
)

// checkRules refuses modes that there are not. The original does not check
// hosts and paths either; of rules for the same path the last one holds.
func checkRules(rules map[string][]Rule) error {
	for _, addr := range slices.Sorted(maps.Keys(rules)) {
		for _, r := range rules[addr] {
			if r.Mode < Unset || r.Mode > Read {
				return refusal(fmt.Sprintf("Invalid AccessMode [%d]", r.Mode))
			}
		}
	}
	return nil
}

// rulesAsData is rules in the form in which data is shown as text:
// host/number/{path,mode}.
func rulesAsData(rules map[string][]Rule) map[string]any {
	out := map[string]any{}
	for host, list := range rules {
		items := make([]any, len(list))
		for i, r := range list {
			items[i] = map[string]any{"path": r.Path, "mode": int(r.Mode)}
		}
		out[host] = items
	}
	return out
}
