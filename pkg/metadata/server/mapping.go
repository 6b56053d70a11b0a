package server

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// What the original says of mappings that it refuses. Clients may look for the
// sentences, so they are kept as they are.
const (
	errMappingIP     = refusal("mapping's first level key should be ip .")
	errMappingObject = refusal("mapping data should be json object.")
	errMappingKey    = refusal("mapping key should not be path.")
	errMappingValue  = refusal("mapping's value should be path .")
)

// newMapping is the tree, from the root down, that writing v to the mapping
// at path means. Addresses need not be written in their canonical form, but
// only what equals the client's address is found.
func newMapping(path string, v any) (*node, error) {
	levels := split(path)
	if err := checkMapping(levels, v); err != nil {
		return nil, err
	}
	return newPatch(levels, v)
}

func checkMapping(levels []string, v any) error {
	if len(levels) == 0 {
		return checkAllMappings(v)
	}
	if !isIP(levels[0]) {
		return errMappingIP
	}
	if _, isMap := v.(map[string]any); len(levels) > 1 && !isMap {
		return checkTarget(v)
	}
	return checkNames(v)
}

func checkAllMappings(v any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return errMappingObject
	}
	for _, addr := range slices.Sorted(maps.Keys(m)) {
		if !isIP(addr) {
			return errMappingIP
		}
		if err := checkNames(m[addr]); err != nil {
			return err
		}
	}
	return nil
}

// checkNames checks name → target or nested names.
func checkNames(v any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return errMappingObject
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if strings.Contains(name, "/") {
			return errMappingKey
		}
		check := checkTarget
		if _, nested := m[name].(map[string]any); nested {
			check = checkNames
		}
		if err := check(m[name]); err != nil {
			return err
		}
	}
	return nil
}

func checkTarget(v any) error {
	if s, ok := v.(string); !ok || !strings.HasPrefix(s, "/") {
		return errMappingValue
	}
	return nil
}

func isIP(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Zone() == ""
}
