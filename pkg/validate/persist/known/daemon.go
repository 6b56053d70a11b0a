package known

import (
	"path"
	"slices"
)

// daemon is one of several daemons of a product, with the settings that are about it.
type daemon struct {
	Names    []string `toml:"names"`
	Settings []string `toml:"settings"`
}

// Daemons are the names of the daemon that a setting, or a variable, is about; nil
// where it may be any.
func (t *Table) Daemons(key string) []string {
	key = normal(key)
	for _, d := range t.daemons {
		for _, pattern := range d.Settings {
			if fits(pattern, key) {
				return d.Names
			}
		}
	}
	return nil
}

// IsDaemon reports whether a program is one of the daemons that settings are about.
func (t *Table) IsDaemon(name string) bool {
	return slices.ContainsFunc(t.daemons, func(d daemon) bool { return slices.Contains(d.Names, name) })
}

// fits holds a key against a pattern, with or without sections before it.
func fits(pattern, key string) bool {
	for _, p := range []string{pattern, "*." + pattern} {
		if ok, err := path.Match(p, key); err == nil && ok {
			return true
		}
	}
	return false
}
