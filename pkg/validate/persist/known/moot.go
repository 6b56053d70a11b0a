package known

import (
	"path"
	"slices"
	"strings"
)

// moot are settings that mean nothing beside others of the same file, or of the same command:
// the folder of a server that is told to write nothing there, or to make it anew; or paths
// that are not this machine's.
type moot struct {
	Files    []string `toml:"files"`
	Commands []string `toml:"commands"`
	Keys     []string `toml:"keys"`
	Says     []string `toml:"says"`   // lines that the file must have, as patterns
	Beside   []string `toml:"beside"` // words that the command must have
	Scheme   string   `toml:"scheme"` // what would make the path one of this machine
	Doubt    bool     `toml:"doubt"`  // it may mean something all the same
}

// MootOption reports whether an option of a command means nothing, by the other words of it.
func (t *Table) MootOption(command, key string, words []string) bool {
	return slices.ContainsFunc(t.moots, func(m moot) bool {
		return slices.Contains(m.Commands, command) && slices.Contains(m.Keys, key) &&
			!slices.ContainsFunc(m.Beside, func(w string) bool { return !slices.Contains(words, w) })
	})
}

// Moot reports whether a setting of a file means nothing, by what else the file says, or
// may mean nothing: offset is where the path stands in its text.
func (t *Table) Moot(file, text, key string, offset int) (moot, doubt bool) {
	base := baseOf(file)
	for _, m := range t.moots {
		ofFile := slices.ContainsFunc(m.Files, func(pattern string) bool { ok, _ := path.Match(pattern, base); return ok })
		local := m.Scheme != "" && strings.HasSuffix(strings.TrimRight(text[:min(offset, len(text))], "/"), m.Scheme)
		if ofFile && !local && slices.Contains(m.Keys, last(normal(key))) && !slices.ContainsFunc(m.Says, func(line string) bool { return lineOf(text, line) < 0 }) {
			return !m.Doubt, m.Doubt
		}
	}
	return false, false
}

// base is a folder that servers use for what is told nowhere else.
type base struct {
	Files    []string   `toml:"files"` // patterns of their names; none: any
	Settings []string   `toml:"settings"`
	Unless   [][]string `toml:"unless"` // of each list one must be told
}

// Needless reports whether a setting of a file is a folder for what is told elsewhere.
func (t *Table) Needless(file, key string, told func(key string) bool) bool {
	name, key := baseOf(file), normal(key)
	return slices.ContainsFunc(t.bases, func(b base) bool {
		if len(b.Files) > 0 && !slices.ContainsFunc(b.Files, func(pattern string) bool { ok, _ := path.Match(pattern, name); return ok }) {
			return false
		}
		if !slices.ContainsFunc(b.Settings, func(pattern string) bool { return fits(pattern, key) }) {
			return false
		}
		return !slices.ContainsFunc(b.Unless, func(any []string) bool {
			return !slices.ContainsFunc(any, func(k string) bool { return told(normal(k)) })
		})
	})
}

// Heeded are settings that only servers of their product heed.
type Heeded struct {
	Settings []string `toml:"settings"`
	Daemons  []string `toml:"daemons"` // the servers, or what starts them
	Keys     []string `toml:"keys"`    // what only their own configuration says
}

// Heeded tells who heeds a setting; nil where anybody may.
func (t *Table) Heeded(key string) *Heeded {
	for i, h := range t.heeded {
		if slices.ContainsFunc(h.Settings, func(pattern string) bool { return fits(pattern, normal(key)) }) {
			return &t.heeded[i]
		}
	}
	return nil
}
