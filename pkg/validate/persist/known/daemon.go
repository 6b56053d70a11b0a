package known

import "path"

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

// fits holds a key against a pattern, with or without sections before it.
func fits(pattern, key string) bool {
	for _, p := range []string{pattern, "*." + pattern} {
		if ok, err := path.Match(p, key); err == nil && ok {
			return true
		}
	}
	return false
}
