package known

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Default is a server with what it puts somewhere that nothing tells it where to put.
type Default struct {
	Name   string   `toml:"name"`
	Starts []string `toml:"starts"` // what is started of it
	Files  []string `toml:"files"`  // its main configuration files
	Puts   []Put    `toml:"puts"`
}

// Put is one thing that a server puts somewhere of its own accord.
type Put struct {
	Kind     Kind     `toml:"kind"`
	Path     string   `toml:"path"`
	Unless   []string `toml:"unless"`   // the settings, variables and options that put it elsewhere
	Has      string   `toml:"has"`      // what the configuration file must say to be whole
	Says     []string `toml:"says"`     // lines that it must have, as patterns
	Lacks    []string `toml:"lacks"`    // and must not have
	Words    []string `toml:"words"`    // words of the command line, of which one must be there
	Without  []string `toml:"without"`  // and that must not be there
	Beside   []string `toml:"beside"`   // files that say it all, where the role has one
	Among    []string `toml:"among"`    // words of which some file of the role's must have one
	Packaged bool     `toml:"packaged"` // packages have it so; programs in folders of their own have not
	Guess    bool     `toml:"guess"`
	Why      string   `toml:"why"` // what is said of it where it is no setting that is missing
}

// Defaults are the servers that are known to put things somewhere of their own accord.
func (t *Table) Defaults() []Default { return t.defaults }

// StartedBy reports whether a server is what a command starts: by the name of a service, a
// daemon or a program, by the launcher's, or by the last parts of the program's path.
func (d *Default) StartedBy(name, launcher, program string) bool {
	launcher = strings.TrimSuffix(launcher, ".sh")
	return slices.ContainsFunc(d.Starts, func(pattern string) bool {
		if n := strings.Count(pattern, "/"); n > 0 {
			parts := strings.Split(strings.ToLower(program), "/")
			return len(parts) > n && matches(pattern, strings.Join(parts[len(parts)-n-1:], "/"))
		}
		return matches(pattern, name) || pattern == launcher
	})
}

// Configures reports whether a file is the server's: by its name, or by that of the folder
// that its parts lie in (journald.conf.d/*).
func (d *Default) Configures(file string) bool {
	base := strings.ToLower(path.Base(file))
	return slices.ContainsFunc(d.Files, func(pattern string) bool {
		if dir, ok := strings.CutSuffix(pattern, "/*"); ok {
			return strings.ToLower(path.Base(path.Dir(file))) == dir
		}
		return matches(pattern, base)
	})
}

// Whole reports whether a configuration file is whole, and asks for what is put.
func (p *Put) Whole(text string) bool {
	line := func(pattern string) bool { return lineOf(text, pattern) >= 0 }
	lacks := func(pattern string) bool { return !line(pattern) }
	return strings.Contains(text, p.Has) && !slices.ContainsFunc(p.Says, lacks) && !slices.ContainsFunc(p.Lacks, line)
}

// Told reports whether a configuration file says where it is put, or has a comment that
// does: somebody has thought of it, unless that is how the file comes.
func (p *Put) Told(text string) bool {
	return slices.ContainsFunc(p.Unless, func(key string) bool {
		re, err := regexp.Compile(`(?m)(?:^|[\s.#;'"])` + regexp.QuoteMeta(inFile(key)) + `['"]?[ \t]*[:= ].*$`)
		return err != nil || slices.ContainsFunc(re.FindAllString(text, -1), func(line string) bool {
			return !strings.HasPrefix(strings.TrimSpace(line), ";") || !strings.HasSuffix(strings.TrimSpace(line), "= "+p.Path)
		})
	})
}

// Asks reports whether a command line makes a server put it where it does of its own accord.
func (p *Put) Asks(line string) bool {
	words := strings.Fields(line)
	has := func(w string) bool { return slices.Contains(words, w) }
	told := func(option string) bool { return mentionsOption(line, option) }
	return (len(p.Words) == 0 || slices.ContainsFunc(p.Words, has)) && !slices.ContainsFunc(p.Without, has) && !slices.ContainsFunc(p.Unless, told)
}

// mentionsOption reports whether a command line has an option, with one dash or two.
func mentionsOption(line, option string) bool {
	re, err := regexp.Compile(`(?:^|[\s"'])-(?:-|D)?` + regexp.QuoteMeta(strings.TrimLeft(option, "-")) + `(?:[=\s"']|$)`)
	return err != nil || re.MatchString(line)
}

// Offset is where a configuration file says what brings it about: where the default stands
// as a comment, else at what it must have.
func (p *Put) Offset(text string) int {
	if len(p.Unless) > 0 {
		if at := lineOf(text, `[#;][#; \t]*`+regexp.QuoteMeta(inFile(p.Unless[0]))+`[ \t]*[:=].*`); at >= 0 {
			return at
		}
	}
	if len(p.Says) > 0 {
		if at := lineOf(text, p.Says[0]); at >= 0 {
			return at
		}
	}
	return max(strings.Index(text, p.Has), 0)
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

// Overridden reports whether one of the settings that are told says otherwise, or gives
// another default.
func (p *Put) Overridden(told map[string]bool) bool {
	return slices.ContainsFunc(p.Unless, func(key string) bool { return told[normal(key)] || told["default."+normal(key)] })
}

// OfServer is the name of a setting where servers have others of the same name.
func OfServer(server, key string) string { return normal(server + ": " + key) }

// ofOne is the name of a setting without the server's.
func ofOne(key string) string {
	if _, own, ok := strings.Cut(key, ": "); ok {
		return own
	}
	return key
}

// inFile is what a setting is called in a file: by the last part of its key, unless others
// are called so, too.
func inFile(key string) string {
	key = ofOne(key)
	switch name := last(key); name {
	case "dir", "path", "file", "directory":
		return key
	default:
		return name
	}
}

// Variables are the variables of the environment among the settings that put it elsewhere.
func (p *Put) Variables() []string {
	return slices.DeleteFunc(slices.Clone(p.Unless), func(key string) bool { return strings.ToUpper(key) != key })
}

// Missing is the setting that would put it elsewhere.
func (p *Put) Missing() string {
	if len(p.Unless) == 0 {
		return ""
	}
	return ofOne(p.Unless[0])
}
