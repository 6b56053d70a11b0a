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
	Of     []string `toml:"of"` // instead of files: programs, for what no option of theirs says
	Has    string   `toml:"has"`
	Says   []string `toml:"says"`  // lines that it must have, as patterns
	Lacks  []string `toml:"lacks"` // and must not have; of a program: words that its command line must not have
	Why    string   `toml:"why"`   // what is said of it where it is no setting that is missing
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
		mentions := func(key string) bool { // off, or a comment: somebody has thought of it, unless that is how it comes
			re, err := regexp.Compile(`(?m)(?:^|[\s.#;'"])` + regexp.QuoteMeta(last(key)) + `['"]?[ \t]*[:= ].*$`)
			return err != nil || slices.ContainsFunc(re.FindAllString(text, -1), func(line string) bool {
				return !strings.HasPrefix(strings.TrimSpace(line), ";") || !strings.HasSuffix(strings.TrimSpace(line), "= "+d.Path)
			})
		}
		line := func(pattern string) bool { return lineOf(text, pattern) >= 0 }
		lacks := func(pattern string) bool { return !line(pattern) }
		if d.ofFile(file, base) && strings.Contains(text, d.Has) && !slices.ContainsFunc(d.Unless, mentions) && !slices.ContainsFunc(d.Says, lacks) && !slices.ContainsFunc(d.Lacks, line) {
			out = append(out, d)
		}
	}
	return out
}

// ByCommand are the defaults of a program for what no option of its command line sets.
func (t *Table) ByCommand(program, line string) []Default {
	var out []Default
	for _, d := range t.defaults {
		told := func(option string) bool { return mentionsOption(line, option) }
		word := func(w string) bool { return slices.Contains(strings.Fields(line), w) }
		if slices.Contains(d.Of, program) && strings.Contains(line, d.Has) && !slices.ContainsFunc(d.Unless, told) && !slices.ContainsFunc(d.Lacks, word) {
			out = append(out, d)
		}
	}
	return out
}

// mentionsOption reports whether a command line has an option, with one dash or two.
func mentionsOption(line, option string) bool {
	re, err := regexp.Compile(`(?:^|[\s"'])--?` + regexp.QuoteMeta(option) + `(?:[=\s"']|$)`)
	return err != nil || re.MatchString(line)
}

// Offset is where a text says what brings the default about.
func (d Default) Offset(text string) int {
	if len(d.Says) > 0 {
		if at := lineOf(text, d.Says[0]); at >= 0 {
			return at
		}
	}
	return max(strings.Index(text, d.Has), 0)
}

// lineOf is where the first line of a text begins that is as a pattern says; -1 where
// none is.
func lineOf(text, pattern string) int {
	if re, err := regexp.Compile(`(?mi)^[ \t]*` + pattern + `[ \t\r]*$`); err == nil {
		if at := re.FindStringIndex(text); at != nil {
			return at[0]
		}
	}
	return -1
}

// ofFile reports whether a file is the server's: by its name, or by that of the folder
// that its parts lie in (journald.conf.d/*).
func (d Default) ofFile(file, base string) bool {
	return slices.Contains(d.Files, base) || slices.Contains(d.Files, strings.ToLower(path.Base(path.Dir(file)))+"/*")
}

// Overridden reports whether one of the settings says otherwise, or gives another default.
func (d Default) Overridden(keys map[string]bool) bool {
	return slices.ContainsFunc(d.Unless, func(key string) bool { return keys[normal(key)] || keys["default."+normal(key)] })
}
