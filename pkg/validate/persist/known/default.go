package known

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Default is where a server puts something that its configuration does not
// mention.
type Default struct {
	Name   string   `toml:"name"`
	Files  []string `toml:"files"`
	Has    string   `toml:"has"`
	Unless []string `toml:"unless"`
	Kind   Kind     `toml:"kind"`
	Path   string   `toml:"path"`
	Sure   string   `toml:"sure"` // certain, likely or guess
}

// Defaults are the defaults of the server whose main configuration a file is.
func (t *Table) Defaults(file, text string) []Default {
	base := strings.ToLower(path.Base(file))
	var out []Default
	for _, d := range t.defaults {
		mentions := func(key string) bool { // off, or a comment: somebody has thought of it
			found, err := regexp.MatchString(`(?m)(?:^|[\s.#;'"])`+regexp.QuoteMeta(last(key))+`['"]?[ \t]*[:= ]`, text)
			return found || err != nil
		}
		if slices.Contains(d.Files, base) && strings.Contains(text, d.Has) && !slices.ContainsFunc(d.Unless, mentions) {
			out = append(out, d)
		}
	}
	return out
}

// Overridden reports whether one of the settings says otherwise.
func (d Default) Overridden(keys map[string]bool) bool {
	return slices.ContainsFunc(d.Unless, func(key string) bool { return keys[normal(key)] })
}
