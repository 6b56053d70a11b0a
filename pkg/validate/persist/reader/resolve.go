package reader

import (
	"regexp"
	"strings"
)

// variable matches ${name}, ${name:-other} and $name.
var variable = regexp.MustCompile(`\$\{([\w.\-]+)(?::-?([^}]*))?\}|\$([A-Za-z_]\w*)`)

// resolve replaces variables by what the same file sets them to: properties of
// log4j and logback, set of nginx.
func resolve(all []Setting) []Setting {
	if !anyVariable(all) {
		return all
	}
	known := map[string]string{}
	for _, s := range all {
		if !strings.Contains(s.Value, "$") {
			known[s.Key] = s.Value
			known[strings.TrimPrefix(s.Key, "property.")] = s.Value
			known[s.Key[strings.LastIndexByte(s.Key, '.')+1:]] = s.Value
		}
	}
	get := func(name string) (string, bool) { v, ok := known[name]; return v, ok }
	for i := range all {
		all[i].Value = Expand(all[i].Value, get)
	}
	return all
}

func anyVariable(all []Setting) bool {
	for _, s := range all {
		if strings.Contains(s.Value, "$") {
			return true
		}
	}
	return false
}

// Expand replaces the variables of a value that get knows, or that bring a
// value for the case that they are not set; the others stay.
func Expand(value string, get func(name string) (string, bool)) string {
	if !strings.Contains(value, "$") {
		return value
	}
	return variable.ReplaceAllStringFunc(value, func(match string) string {
		m := variable.FindStringSubmatch(match)
		if v, ok := get(m[1] + m[3]); ok {
			return v
		}
		if m[2] != "" {
			return m[2]
		}
		return match
	})
}
